"""A step's outputs on their way into the object store: all of them or none, whenever the process is killed.

They are gathered in one folder, each at `<bucket>/<key>`. A single rename marks them as complete; from then on they are
put into the store, by this process or, where it is gone, by the next one that tidies up (`recovery`).
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from stepsmith.local.objects import ObjectStore

_GATHERED, _COMPLETE = "gathered", "complete"


@dataclass(frozen=True, slots=True)
class StepOutputs:
    """The outputs of a step, in the folder of what its run needs only while it executes."""

    objects: ObjectStore
    run_place: Path
    step: str

    def gather(self, folder: Path, uri: str) -> None:
        """Takes the files in a folder as those of an S3 folder.

        Raises: RunError when an object cannot be where one of them would be.
        """
        self.objects.gather(folder, uri, self._gathered)

    def publish(self) -> None:
        """Makes objects of all that was gathered.

        Raises: OSError when this machine cannot; then none is.
        """
        if not self._gathered.is_dir():
            return
        complete = self.run_place / _COMPLETE / self.step
        complete.parent.mkdir(parents=True, exist_ok=True)
        self._gathered.rename(complete)
        try:
            self.objects.merge(complete)
        except OSError:
            shutil.rmtree(complete, ignore_errors=True)
            raise

    def discard(self) -> None:
        """Removes what was gathered and is not complete."""
        shutil.rmtree(self._gathered, ignore_errors=True)

    @property
    def _gathered(self) -> Path:
        return self.run_place / _GATHERED / self.step


def publish_complete(objects: ObjectStore, run_place: Path) -> None:
    """Makes objects of the outputs that were complete when the process of their run ended.

    Those of a step that no longer all have a place, because others have taken it since, are left where they are.
    """
    complete = run_place / _COMPLETE
    for outputs in sorted(complete.iterdir()) if complete.is_dir() else ():
        with suppress(OSError):
            objects.merge(outputs)
