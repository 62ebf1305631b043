"""A file-backed object store in place of S3: an object appears whole or not at all."""

from __future__ import annotations

import errno
import os
import re
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepsmith.container.archive.atomic import atomic_file, sync_folder
from stepsmith.container.archive.names import PART_BYTES
from stepsmith.diagnostics import About, Rule, RunError
from stepsmith.local.filesystem import entries_below, remove_tree
from stepsmith.sagemaker.identifiers import bucket_and_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
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
    """Objects below `root`, each at `<bucket>/<key>`; while one is not whole it lies in `parts`."""

    root: Path
    parts: Path | None = None

    def path(self, uri: str) -> Path:
        """The path at which the object, or the folder, of an S3 URI is kept.

        Raises: RunError when it is no S3 URI, or its key has no place in a file system.
        """
        object_path = bucket_and_key(uri)
        if object_path is None:
            raise RunError("RUN010", f"{uri!r} is no S3 URI", fix="write s3://bucket/key")
        parts = [part for part in object_path[1].split("/") if part]
        if not all(_is_a_name(part) for part in parts):
            raise RunError("RUN010", f"the key of {uri!r} has no place in a file system", fix="rename the object")
        return self.root.joinpath(object_path[0], *parts)

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
            with atomic_file(str(path), str(self.parts or self.root / PARTS)) as file:
                for chunk in chunks:
                    file.write(chunk)
        except OSError as error:
            message = f"{uri} cannot be kept at {path}: {error.strerror}"
            raise RunError("RUN011", message, fix=_FIXES.get(error.errno or 0, _ANOTHER_STORE)) from error
        return path

    def matching(self, prefix: str) -> list[tuple[str, Path]]:
        """Every object whose key begins with that of `prefix`, as S3 matches it, with its name below the prefix.

        A name is what follows the prefix and its slash, or, where the prefix ends within a name, that whole name.
        """
        object_path = self.path(prefix)
        objects_found: list[tuple[str, Path]] = []
        if object_path.is_dir():
            objects_found = [(path.relative_to(object_path).as_posix(), path) for path in _files(object_path)]
        if not prefix.endswith("/") and object_path.parent.is_dir() and object_path.parent != self.root:
            for beside in sorted(object_path.parent.glob(f"{_literal(object_path.name)}*")):
                if beside != object_path or beside.is_file():
                    paths = _files(beside) if beside.is_dir() else [beside]
                    objects_found += [(path.relative_to(object_path.parent).as_posix(), path) for path in paths]
        return objects_found

    def gather(self, folder: Path, uri: str, gathered: Path) -> None:
        """Moves the files in `folder` to where they will be below `gathered` when that is merged, and syncs them.

        Raises: RunError when an object cannot be where one of them would be.
        """
        object_path = self.path(uri)
        for path in _files(folder):
            self._refuse_another_kind(object_path / path.relative_to(folder))
            with path.open("rb") as file:
                os.fsync(file.fileno())
        below = gathered / object_path.relative_to(self.root)
        below.parent.mkdir(parents=True, exist_ok=True)
        list(_merge(folder, below))

    def merge(self, gathered: Path) -> None:
        """Moves all that was gathered into the store: a folder that is new appears with all of its files at once.

        Raises: OSError when this machine cannot; what was new until then is taken back.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with ExitStack() as taking_back:
            for source, object_path in _merge(gathered, self.root):
                taking_back.callback(object_path.rename, source)
            taking_back.pop_all()
        remove_tree(gathered)

    def _refuse_another_kind(self, object_path: Path) -> None:
        """Raises: RunError when an object cannot be at `object_path`, because a folder is, or an object is above it."""
        if object_path.is_dir():
            raise RunError("RUN011", f"no object can be kept at {object_path}: it is a folder", fix=_RENAME)
        self._refuse_an_object_in_the_way(object_path.parent)

    def _refuse_an_object_in_the_way(self, folder: Path) -> None:
        for object_path in (folder, *folder.parents):
            if object_path == self.root:
                return
            if object_path.is_file():
                raise RunError("RUN011", f"nothing can be kept below it: {object_path} is an object", fix=_RENAME)


def _merge(source: Path, object_path: Path) -> Iterator[tuple[Path, Path]]:
    """Moves what is below `source` to `object_path`, as whole as can be; each move of something new as it is done.

    A file that is there already is replaced. What another moved just now is left to it.
    """
    try:
        if object_path.is_dir() and source.is_dir():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(object_path))
        is_new = not object_path.exists()
        source.rename(object_path)
        sync_folder(str(object_path.parent))
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
    else:
        if is_new:
            yield source, object_path
        return
    for entry in sorted(source.iterdir()):
        yield from _merge(entry, object_path / entry.name)


def _is_a_name(part: str) -> bool:
    """Whether a part of a key can be the name of a file here."""
    try:
        size_bytes = len(part.encode())
    except UnicodeEncodeError:
        return False
    return part not in {".", ".."} and "\0" not in part and size_bytes <= PART_BYTES


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in entries_below(folder) if path.is_file())


def _literal(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


RULES = (
    Rule(
        "RUN010",
        "An S3 URI that cannot be stored locally",
        "The local object store keeps each object in a file at its bucket and key. Keys with `.` or `..` "
        "parts, for example, are not possible as files.",
        About.RUN,
        "Correct the URI, or rename the object.",
    ),
    Rule(
        "RUN011",
        "An object that cannot be written to the store",
        "The disk is full or not writable, or an object and a folder would have the same path. S3 allows "
        "both `a` and `a/b`; a file system does not.",
        About.RUN,
        "Free some disk space, use another store with `--store`, or rename one of the objects.",
    ),
)
