"""Where everything of a local run is kept: `.stepsmith/` with objects, runs and one database.

What a run needs only while it executes is in one folder, `running/<id>`: the sandboxes of its steps, objects that are
not whole yet, and outputs on their way (`outputs`). It goes with the run.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Rule, RunError
from stepsmith.local.filesystem import remove_tree
from stepsmith.local.object_store import ObjectStore

if TYPE_CHECKING:
    from collections.abc import Iterator

STORE_NAME = ".stepsmith"


@dataclass(frozen=True, slots=True)
class Store:
    """The folder `root` and the places in it; nothing is made before it is needed."""

    root: Path

    @property
    def objects(self) -> ObjectStore:
        """The objects, in place of S3: `objects/<bucket>/<key>`."""
        return ObjectStore(self.root / "objects")

    def objects_in(self, run_id: str) -> ObjectStore:
        """The same objects, where those that are not whole yet go with the run."""
        return ObjectStore(self.root / "objects", self.working_folder(run_id) / "parts")

    @property
    def database(self) -> Path:
        """The SQLite file of runs and of the model registry."""
        return self.root / "stepsmith.db"

    def run_folder(self, run_id: str) -> Path:
        """The folder of a run's logs."""
        return self.root / "runs" / run_id

    def working_folders(self) -> list[Path]:
        """The folders of runs that are executing, or were when their process ended; each has its run's id."""
        folder = self.root / "running"
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def working_folder(self, run_id: str) -> Path:
        """The folder of what a run needs only while it executes."""
        return self.root / "running" / run_id

    def sandbox_folder(self, run_id: str, step: str) -> Path:
        """The folder in which a step runs; it is removed when the step has ended."""
        return self.working_folder(run_id) / "sandboxes" / step

    def begin(self, run_id: str) -> None:
        """Makes the store, where there is none, and the folder of a run's logs.

        Raises: RunError when it cannot be written.
        """
        self.make()
        with self._written():
            self.run_folder(run_id).mkdir(parents=True, exist_ok=True)

    def make(self) -> None:
        """Makes the store, where there is none.

        Raises: RunError when it cannot be written.
        """
        with self._written():
            self.root.mkdir(parents=True, exist_ok=True)
            ignore = self.root / ".gitignore"
            if not ignore.exists():
                ignore.write_text("# Made by Stepsmith: nothing here belongs into a repository.\n*\n", encoding="utf-8")

    def make_working_folder(self, run_id: str) -> None:
        """Makes the folder of what a run needs only while it executes; as long as it is there, so is the one above.

        Raises: RunError when it cannot be written.
        """
        folder = self.working_folder(run_id)
        with self._written():
            while not folder.is_dir():
                _make(folder)

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"the store {self.root} cannot be written: {error.strerror}"
            raise RunError("RUN003", message, fix="make it writable, or use another --store") from error

    def end(self, run_id: str) -> None:
        """Removes what a run needed only while it executed."""
        remove_tree(self.working_folder(run_id))
        with suppress(OSError):
            self.working_folder(run_id).parent.rmdir()


def _make(folder: Path) -> None:
    """Makes a folder, unless another run, which just ended, removes the one above meanwhile.

    Raises: FileExistsError where a file stands in its place, or above.
    """
    try:
        with suppress(FileNotFoundError):
            folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:  # it was there, and is no folder: a file, or gone by now
        if any(one.exists() and not one.is_dir() for one in (folder, *folder.parents)):
            raise


def find_store(start: Path | None = None) -> Store:
    """The store of the nearest folder, from `start` (the working directory) up, that has one; else of `start`."""
    begin = (start or Path.cwd()).resolve()
    for folder in (begin, *begin.parents):
        if (folder / STORE_NAME).is_dir():
            return Store(folder / STORE_NAME)
    return Store(begin / STORE_NAME)


RULES = (
    Rule(
        "RUN003",
        "A store that cannot be written",
        "A run keeps its objects, logs and history in the store (`.stepsmith`).",
        About.RUN,
        "Make the folder writable and free some disk space, or use another store with `--store`.",
    ),
)
