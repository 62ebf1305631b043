"""Folders that a step left, however deep they are, whatever they are called, and whatever their modes are."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPEN_TO_ITS_OWNER = 0o700


def entries_below(folder: Path) -> Iterator[Path]:
    """Everything below a folder, a folder's entries sorted and before what is in them; links are not followed.

    Raises: OSError when a folder cannot be listed, so that nothing is left out without a word.
    """
    folders = [folder]
    while folders:
        with os.scandir(folders.pop()) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        yield from (Path(entry.path) for entry in entries)
        folders += [Path(entry.path) for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)]


def open_folders(folder: Path) -> None:
    """Makes every folder from `folder` down one that its owner can list and change."""
    _open(folder)
    folders = [folder]
    while folders:
        with os.scandir(folders.pop()) as listing:
            below = [Path(entry.path) for entry in listing if entry.is_dir(follow_symlinks=False)]
        for one in below:
            _open(one)
        folders += below


def remove_tree(folder: Path) -> None:
    """Removes a folder and all that is in it; what cannot be removed is left.

    A folder's folders are moved up before they are emptied, so that no path becomes longer than what is at hand.
    """
    numbers = count()
    folders = [folder]
    with suppress(OSError):
        _open(folder)
    for one in folders:
        with suppress(OSError):
            _empty(one, folder, folders, numbers)
    for one in reversed(folders):
        with suppress(OSError):
            one.rmdir()


def _empty(one: Path, top: Path, folders: list[Path], numbers: Iterator[int]) -> None:
    """Removes the files in a folder, and moves the folders in it to the top, where they wait for their turn."""
    with os.scandir(one) as listing:
        entries = list(listing)
    for entry in entries:
        path = Path(entry.path)
        with suppress(OSError):
            if not entry.is_dir(follow_symlinks=False):
                path.unlink()
                continue
            _open(path)
            moved = path if one == top else path.rename(top / f".removed-{os.getpid()}-{next(numbers)}")
            folders.append(moved)


def _open(folder: Path) -> None:
    mode = folder.stat().st_mode
    if mode & _OPEN_TO_ITS_OWNER != _OPEN_TO_ITS_OWNER:
        folder.chmod(mode | _OPEN_TO_ITS_OWNER)
