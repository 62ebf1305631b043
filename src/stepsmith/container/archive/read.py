"""One pass over an archive: verified, digested and, where a target is given, copied."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from stepsmith.container.archive.atomic import atomic_file
from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.inflate import GzipMember, GzipReader
from stepsmith.container.archive.limits import USUAL, Limits
from stepsmith.container.archive.walk import TarWalk
from stepsmith.container.archive.workers import Digest

if TYPE_CHECKING:
    from stepsmith.container.archive.headers import Member

CHUNK_BYTES = 1 << 20
ARCHIVE_SUFFIXES = (".tar.gz", ".tgz")


class ArchiveRecord(NamedTuple):
    """What one pass found: digest and size of the file, its members in their order, and its gzip members.

    `identity` tells the file that was read from what it becomes when it is changed; a file just written has none yet.
    """

    digest: str
    size_bytes: int
    members: Tuple[Member, ...]
    gzip_members: Tuple[GzipMember, ...]
    identity: Tuple[int, ...] = ()

    @property
    def files(self) -> Tuple[str, ...]:
        """The names of the files inside, in their order."""
        return tuple(member.name for member in self.members if not member.is_directory)

    @property
    def unpacked_bytes(self) -> int:
        """How many bytes come out of the gzip data: the tar's."""
        return sum(member.length for member in self.gzip_members)

    @property
    def privileged(self) -> Tuple[Member, ...]:
        """The directories that have set user, set group or sticky in their modes."""
        return tuple(member for member in self.members if member.privileges)


class Source(Digest):
    """An archive's file open for one pass: what `read` returns is digested, and written to `copy_to`, meanwhile.

    Whatever is wrong with a file that changed meanwhile, that it changed is what is raised at the end.
    """

    def __init__(self, file: BinaryIO, path: str, copy_to: Optional[BinaryIO] = None) -> None:
        super().__init__(copy_to)
        self._file, self._path = file, path
        self._identity = identity(file)

    def __enter__(self) -> Source:  # noqa: PYI034 - Python 3.8 has no `Self`
        return self

    def __exit__(self, *raised: object) -> None:
        super().__exit__(*raised)
        if any(isinstance(error, ArchiveFault) for error in raised):
            self._refuse_changed()

    def read(self, size: int) -> bytes:
        """The next bytes of the file, none at its end."""
        try:
            data = self._file.read(size)
        except OSError as error:
            raise ArchiveFault("ARC015", "cannot be read: {}".format(error.strerror), self._path) from None
        self.give(data)
        return data

    def record(self, members: Iterable[Member], gzip_members: Iterable[GzipMember]) -> ArchiveRecord:
        """The record of the archive, which was read to its end.

        Raises: ArchiveFault when there is no file among its members, or it changed meanwhile.
        """
        those = tuple(members)
        refuse_empty(those, self._path)
        self._refuse_changed()
        return ArchiveRecord(self.finish(), self.size_bytes, those, tuple(gzip_members), self._identity)

    def _refuse_changed(self) -> None:
        if identity(self._file) != self._identity:
            raise ArchiveFault("ARC016", "the file changed while it was read", self._path)


def read_archive(
    path: str,
    copy_to: Optional[str] = None,
    expected_digest: str = "",
    limits: Limits = USUAL,
    file_digests: bool = False,  # noqa: FBT001, FBT002 - a keyword
) -> ArchiveRecord:
    """The record of the archive at `path`; with `copy_to`, a copy of it there, whole or not at all.

    With `file_digests` each file's SHA-256 is in its member. Raises: ArchiveFault when the archive is not sound to the
    last byte, holds no file, goes over a limit, changes while it is read, or has not the expected digest. OSError when
    the copy cannot be written.
    """
    with ExitStack() as stack:
        file = stack.enter_context(open_archive(path))
        copy = stack.enter_context(atomic_file(copy_to)) if copy_to else None
        return record_of(file, path, copy, expected_digest, limits, file_digests)


def record_of(
    file: BinaryIO,
    path: str,
    copy: Optional[BinaryIO] = None,
    expected_digest: str = "",
    limits: Limits = USUAL,
    file_digests: bool = False,  # noqa: FBT001, FBT002 - a keyword
) -> ArchiveRecord:
    """The record of an archive that is open for reading; what is read is written to `copy` too.

    Raises: as `read_archive` does.
    """
    with Source(file, path, copy) as source:
        reader = GzipReader(source.read, limits=limits)
        members = tuple(_members(TarWalk(reader.read, limits.links), file_digests))
        record = source.record(members, reader.members)
    if expected_digest and record.digest != expected_digest:
        raise ArchiveFault("ARC012", "its SHA-256 is {}, expected {}".format(record.digest, expected_digest), path)
    return record


def _members(walk: TarWalk, file_digests: bool) -> Iterator[Member]:  # noqa: FBT001 - a private flag
    for member in walk:
        yield member if member.is_directory or not file_digests else member._replace(digest=_digest(walk, member))


def _digest(walk: TarWalk, member: Member) -> str:
    sha256, remaining_bytes = hashlib.sha256(), member.size_bytes
    for chunk in walk.body():
        sha256.update(chunk[:remaining_bytes])
        remaining_bytes -= min(remaining_bytes, len(chunk))
    return sha256.hexdigest()


def refuse_empty(members: Iterable[Member], path: str) -> None:
    """Raises: ArchiveFault when there is no file among the members of the archive at `path`."""
    if all(member.is_directory for member in members):
        raise ArchiveFault("ARC011", "the archive holds no file, so there is no model in it", path)


def open_archive(path: str) -> BinaryIO:
    """The file at `path`, open for reading.

    Raises: ArchiveFault when there is none, or it is not a regular file that can be read.
    """
    try:
        # A FIFO would wait for a writer for ever, were it opened to find out that it is none.
        kind = os.stat(path).st_mode
        if not stat.S_ISREG(kind):
            raise ArchiveFault("ARC015", "is a directory" if stat.S_ISDIR(kind) else "is not a regular file", path)
        return open(path, "rb", buffering=0)
    except FileNotFoundError:
        raise ArchiveFault("ARC013", "there is no such file", path) from None
    except OSError as error:
        raise ArchiveFault("ARC015", "cannot be read: {}".format(error.strerror), path) from None


def find_archive(path: str) -> str:
    """The archive that an input brought: the file `path`, or else the one archive in its folder.

    An input is a folder, and an object of another name lands in it under its own; a prefix may bring neighbours too.
    Raises: ArchiveFault when there is none, or more than one.
    """
    if os.path.isfile(path):
        return path
    folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
    names = sorted(name for name in _listing(folder) if os.path.isfile(os.path.join(folder, name)))
    archives = [name for name in names if name.lower().endswith(ARCHIVE_SUFFIXES)]
    archives = archives or names
    if not archives:
        raise ArchiveFault("ARC013", "the input brought no archive", folder)
    if len(archives) > 1:
        raise ArchiveFault(
            "ARC014",
            "the input brought {} files, one archive is wanted: {}".format(len(archives), ", ".join(archives[:5])),
            folder,
        )
    return os.path.join(folder, archives[0])


def file_digest(path: str) -> str:
    """The SHA-256 of a file, in lower-case hex."""
    sha256 = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
            sha256.update(chunk)
    return sha256.hexdigest()


def _listing(folder: str) -> List[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ArchiveFault("ARC015", "cannot be read: {}".format(error.strerror), folder) from None


def identity(file: BinaryIO) -> Tuple[int, ...]:
    """What tells a file from what it becomes when it is changed: device, inode, size, and both its times.

    The time of the last change to the inode is set by no one but the system. What is no file of this machine has none.
    """
    try:
        status = os.fstat(file.fileno())
    except (AttributeError, OSError):
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
