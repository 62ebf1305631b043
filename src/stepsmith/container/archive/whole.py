"""A file that appears whole or not at all: temporary name, fsync, atomic rename."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import BinaryIO, Iterator


@contextmanager
def whole_file(path: str) -> Iterator[BinaryIO]:
    """A file open for writing that gets the name `path` when the block ends, and is gone when the block fails."""
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, ".{}.{}.part".format(os.path.basename(path)[:200], os.getpid()))
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
