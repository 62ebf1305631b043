"""A step's outputs on their way into the object store: all of them or none, whenever the process is killed.

They are gathered in one folder, each at `<bucket>/<key>`. A single rename marks them as complete; from then on they are
put into the store, by this process or, where it is gone, by the next one that tidies up (`recovery`).
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepsmith.local.filesystem import remove_tree

if TYPE_CHECKING:
    from pathlib import Path

    from stepsmith.local.object_store import ObjectStore

_PLACE_IS_TAKEN = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY)
_GATHERED, _COMPLETE = "gathered", "complete"


@dataclass(frozen=True, slots=True)
class StepOutputs:
    """The outputs of a step, in the folder of what its run needs only while it executes."""

    objects: ObjectStore
    working_folder: Path
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
        complete = self.working_folder / _COMPLETE / self.step
        complete.parent.mkdir(parents=True, exist_ok=True)
        self._gathered.rename(complete)
        try:
            self.objects.merge(complete)
        except OSError:
            remove_tree(complete)
            raise

    def discard(self) -> None:
        """Removes what was gathered and is not complete."""
        remove_tree(self._gathered)

    @property
    def _gathered(self) -> Path:
        return self.working_folder / _GATHERED / self.step


def publish_complete(objects: ObjectStore, working_folder: Path) -> bool:
    """Makes objects of the outputs that were complete when the process of their run ended; whether that is done.

    Those of a step whose place others have taken since have none; those that this machine cannot keep now can wait.
    """
    complete = working_folder / _COMPLETE
    done = True
    for outputs in sorted(complete.iterdir()) if complete.is_dir() else ():
        try:
            objects.merge(outputs)
        except OSError as error:  # noqa: PERF203 - each step's outputs are published for themselves
            done = done and error.errno in (*_PLACE_IS_TAKEN, errno.ENOENT)  # what is gone, another has published
    return done
