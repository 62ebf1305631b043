"""A file-backed object store in place of S3: an object appears whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepsmith.container.archive.names import PART_BYTES
from stepsmith.container.archive.whole import whole_file
from stepsmith.definition.locations import bucket_and_key
from stepsmith.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PARTS = ".parts"
_ANOTHER_STORE = "make room there, or use another --store"
_RENAME = "rename one of them: here an object and a folder cannot have one name"
_FIXES = {
    errno.ENOTDIR: _RENAME,
    errno.EEXIST: _RENAME,
    errno.EISDIR: _RENAME,
    errno.ENOTEMPTY: _RENAME,
}


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """Objects below `root`, each at `<bucket>/<key>`."""

    root: Path

    def path(self, uri: str) -> Path:
        """The path at which the object, or the folder, of an S3 URI is kept.

        Raises: RunError when it is no S3 URI, or its key has no place in a file system.
        """
        place = bucket_and_key(uri)
        if place is None:
            raise RunError("RUN010", f"{uri!r} is no S3 URI", fix="write s3://bucket/key")
        parts = [part for part in place[1].split("/") if part]
        if not all(_is_a_name(part) for part in parts):
            raise RunError("RUN010", f"the key of {uri!r} has no place in a file system", fix="rename the object")
        return self.root.joinpath(place[0], *parts)

    def has(self, uri: str) -> bool:
        """Whether there is such an object."""
        return self.path(uri).is_file() and not uri.endswith("/")

    def put(self, uri: str, chunks: Iterable[bytes]) -> Path:
        """Writes an object, whole or not at all; the path at which it is kept.

        Raises: RunError when this machine cannot keep it.
        """
        path = self.path(uri)
        try:
            # What is not whole yet lies where no key leads.
            with whole_file(str(path), str(self.root / PARTS)) as file:
                for chunk in chunks:
                    file.write(chunk)
        except OSError as error:
            what = f"{uri} cannot be kept at {path}: {error.strerror}"
            raise RunError("RUN011", what, fix=_FIXES.get(error.errno or 0, _ANOTHER_STORE)) from error
        return path

    def matching(self, prefix: str) -> list[tuple[str, Path]]:
        """Every object whose key begins with that of `prefix`, as S3 matches it, with its name below the prefix.

        A name is what follows the prefix and its slash, or, where the prefix ends within a name, that whole name.
        """
        place = self.path(prefix)
        found: list[tuple[str, Path]] = []
        if place.is_dir():
            found = [(path.relative_to(place).as_posix(), path) for path in _files(place)]
        if not prefix.endswith("/") and place.parent.is_dir() and place.parent != self.root:
            for beside in sorted(place.parent.glob(f"{_literal(place.name)}*")):
                if beside != place or beside.is_file():
                    paths = _files(beside) if beside.is_dir() else [beside]
                    found += [(path.relative_to(place.parent).as_posix(), path) for path in paths]
        return found

    def check_folder(self, uri: str) -> None:
        """Raises: RunError when an object stands where an S3 folder, or one above it, would be."""
        self._refuse_an_object_in_the_way(self.path(uri))

    def publish(self, folder: Path, uri: str) -> bool:
        """Moves the files in `folder` to an S3 folder; whether that folder is new, so that it can be taken back.

        A new folder appears with all of its files at once.
        """
        target = self.path(uri)
        for path in _files(folder):
            with path.open("rb") as file:
                os.fsync(file.fileno())
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            folder.rename(target)
            return True
        moves = [(path, target / path.relative_to(folder)) for path in _files(folder)]
        for _, place in moves:
            self._refuse_another_kind(place)
        for path, place in moves:
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
        return False

    def _refuse_another_kind(self, place: Path) -> None:
        """Raises: RunError when an object cannot be at `place`, because a folder is, or an object is above it."""
        if place.is_dir():
            raise RunError("RUN011", f"no object can be kept at {place}: it is a folder", fix=_RENAME)
        self._refuse_an_object_in_the_way(place.parent)

    def _refuse_an_object_in_the_way(self, folder: Path) -> None:
        for place in (folder, *folder.parents):
            if place == self.root:
                return
            if place.is_file():
                raise RunError("RUN011", f"nothing can be kept below it: {place} is an object", fix=_RENAME)

    def take_back(self, uri: str) -> None:
        """Removes a folder that `publish` made."""
        shutil.rmtree(self.path(uri))


def _is_a_name(part: str) -> bool:
    """Whether a part of a key can be the name of a file here."""
    try:
        size_bytes = len(part.encode())
    except UnicodeEncodeError:
        return False
    return part not in {".", ".."} and "\0" not in part and size_bytes <= PART_BYTES


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _literal(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)
