"""Where everything of a local run is kept: `.stepsmith/` with objects, runs and one database."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stepsmith.errors import RunError
from stepsmith.local.objects import ObjectStore

STORE_NAME = ".stepsmith"


@dataclass(frozen=True, slots=True)
class Store:
    """The folder `root` and the places in it; nothing is made before it is needed."""

    root: Path

    @property
    def objects(self) -> ObjectStore:
        """The objects, in place of S3: `objects/<bucket>/<key>`."""
        return ObjectStore(self.root / "objects")

    @property
    def database(self) -> Path:
        """The SQLite file of runs and of the model registry."""
        return self.root / "stepsmith.db"

    def run_folder(self, run_id: str) -> Path:
        """The folder of a run's logs."""
        return self.root / "runs" / run_id

    def sandbox_folder(self, run_id: str, step: str) -> Path:
        """The folder in which a step runs; it is removed when the step has ended."""
        return self.root / "sandboxes" / run_id / step

    def begin(self, run_id: str) -> None:
        """Makes the store, where there is none, and the folder of a run's logs.

        Raises: RunError when it cannot be written.
        """
        try:
            self.run_folder(run_id).mkdir(parents=True, exist_ok=True)
            ignore = self.root / ".gitignore"
            if not ignore.exists():
                ignore.write_text("# Made by Stepsmith: nothing here belongs into a repository.\n*\n", encoding="utf-8")
        except OSError as error:
            what = f"the store {self.root} cannot be written: {error.strerror}"
            raise RunError("RUN003", what, fix="make it writable, or use another --store") from error

    def clear_sandbox(self, run_id: str, step: str) -> None:
        """Removes the folder in which a step ran, and that of its run when no other step is in it."""
        folder = self.sandbox_folder(run_id, step)
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            folder.parent.rmdir()


def find_store(start: Path | None = None) -> Store:
    """The store of the nearest folder, from `start` (the working directory) up, that has one; else of `start`."""
    begin = (start or Path.cwd()).resolve()
    for folder in (begin, *begin.parents):
        if (folder / STORE_NAME).is_dir():
            return Store(folder / STORE_NAME)
    return Store(begin / STORE_NAME)
