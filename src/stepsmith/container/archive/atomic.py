"""A file that appears whole or not at all: temporary name, fsync, atomic rename."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from typing import BinaryIO, Iterator, List


@contextmanager
def atomic_file(path: str, temporary_folder: str = "") -> Iterator[BinaryIO]:
    """A file open for writing that gets the name `path` when the block ends, and is gone when the block fails.

    Until then it lies in `temporary_folder`, which is on the same file system, or else beside `path`.
    """
    with temporary_name(path, temporary_folder) as temporary, open(temporary, "xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def temporary_name(path: str, temporary_folder: str = "") -> Iterator[str]:
    """A name to make a file or folder under, which becomes `path` when the block ends, and is gone when it fails.

    Raises: OSError when it cannot be made, or `path` is there and is no regular file.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise FileExistsError(errno.EEXIST, "it is there, and is no regular file", path)
    folder = os.path.dirname(path) or "."
    created = [*_create_missing_folders(folder), *_create_missing_folders(temporary_folder or folder)]
    # A name of its own, whoever else writes the same file, and short, however long the other is.
    temporary = os.path.join(temporary_folder or folder, ".{}.part".format(secrets.token_hex(8)))
    try:
        yield temporary
        os.replace(temporary, path)
        created = []
    finally:
        if os.path.isdir(temporary):
            shutil.rmtree(temporary, ignore_errors=True)
        elif os.path.exists(temporary):
            os.unlink(temporary)
        for parent in reversed(created):
            # Another file may be there by now.
            with suppress(OSError):
                os.rmdir(parent)
    sync_folder(folder)


def _create_missing_folders(folder: str) -> List[str]:
    """The folders that were made for there to be `folder`, the uppermost first."""
    missing = []
    while folder and not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    created = []
    for parent in reversed(missing):
        with suppress(FileExistsError):  # another made it in the meantime
            os.mkdir(parent)
            created.append(parent)
    return created


def sync_folder(folder: str) -> None:
    """Makes the names in a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
