"""Tidies up after runs whose process ended before they did: killed, or gone with the machine.

Outputs that were complete then are put into the object store now; what was not is removed with all else of such a run.
Nothing of a run that is still executing is touched.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from stepsmith.local.filesystem import remove_tree
from stepsmith.local.history import RunHistory
from stepsmith.local.step_outputs import publish_complete

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stepsmith.local.store import Store


def recover(store: Store) -> None:
    """Leaves nothing half done of any run whose process is gone, and its true state in the history."""
    if not store.root.is_dir():
        return
    history = RunHistory(store.database)
    with _alone(store.root):
        # Listed first: a run is in the history before it has a folder.
        folders = store.working_folders()
        alive = history.alive()
        for run_folder in folders:
            if run_folder.name not in alive and publish_complete(store.objects, run_folder):
                remove_tree(run_folder)
    history.abandon()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """A block in which no two threads or processes are at once, for one folder; whose process is gone is out of it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system of another machine may have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
