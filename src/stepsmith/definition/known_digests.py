"""Digests that are known of files from an earlier time, so that a file that did not change is not read again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# What a file's digest is known for: that its bytes were read, or that the archive that it is was verified too.
AS_FILE, AS_ARCHIVE = "file", "archive"


class KnownDigests(Protocol):
    """A look-up of digests by file; whoever compiles may have one, and whoever keeps it decides where."""

    def find(self, path: str, identity: tuple[int, ...], read_as: str) -> str | None:
        """The digest of the file at `path`, if it is what it was when that was kept; else None."""

    def keep(self, path: str, identity: tuple[int, ...], read_as: str, digest: str) -> None:
        """Takes note of a digest, and of what the file was when it was read."""


class NoDigests:
    """A look-up that knows nothing and keeps nothing: every file is read."""

    def find(self, path: str, identity: tuple[int, ...], read_as: str) -> str | None:
        """None."""

    def keep(self, path: str, identity: tuple[int, ...], read_as: str, digest: str) -> None:
        """Nothing."""


NO_DIGESTS = NoDigests()


def identity_of(path: Path) -> tuple[int, ...]:
    """What tells a file from what it becomes when it is changed: device, inode, size in bytes, and both its times.

    Raises: OSError when there is none.
    """
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def identity_of_files(paths: Iterable[Path]) -> tuple[int, ...]:
    """What tells several files from what they become when one is changed, added or removed; its last two are times.

    Raises: OSError when one is not there.
    """
    status = [(str(path), path.stat()) for path in paths]
    facts = [(name, one.st_dev, one.st_ino, one.st_mode, one.st_size, one.st_mtime_ns, one.st_ctime_ns)
             for name, one in status]  # fmt: skip
    reported = int.from_bytes(hashlib.sha256(repr(facts).encode()).digest(), "big")
    newest = [max((getattr(one, field) for _, one in status), default=0) for field in ("st_mtime_ns", "st_ctime_ns")]
    return reported, *newest


def size_in(identity: tuple[int, ...]) -> int:
    """The size in bytes that an identity tells."""
    return identity[2]


def keep_unchanged(digests: KnownDigests, path: Path, identity: tuple[int, ...], read_as: str, digest: str) -> None:
    """Keeps the digest of a file that was read as it was at `identity`, unless it changed meanwhile."""
    if identity_of(path) == identity:
        digests.keep(str(path.absolute()), identity, read_as, digest)


def known_digest(digests: KnownDigests, path: Path, identity: tuple[int, ...], read_as: str) -> str | None:
    """The digest of a file that is known from an earlier time, or None."""
    return digests.find(str(path.absolute()), identity, read_as)
