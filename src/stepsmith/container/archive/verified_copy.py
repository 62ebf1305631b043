"""An archive verified and put elsewhere, by the cheapest way whose result nobody else can change."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Tuple

from stepsmith.container.archive.atomic import atomic_file, temporary_name
from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.limits import USUAL, Limits
from stepsmith.container.archive.read import ArchiveRecord, file_digest, open_archive, record_of

# What a way of carrying is called in a log.
LINKED, CLONED, COPIED = "a hard link", "a clone that shares its blocks", "a copy, read back and compared"
# Source: ioctl_ficlonerange(2); the number is the same on x86 and Arm.
_FICLONE = 0x40049409


def copy_verified(
    source: str,
    target: str,
    expected_digest: str = "",
    limits: Limits = USUAL,
    is_private: bool = False,  # noqa: FBT001, FBT002 - a keyword
) -> Tuple[ArchiveRecord, str]:
    """The record of the archive at `source`, whole at `target` then, and which way it went there.

    It is a hard link where `is_private` says that nobody else writes to the source, and it has no other name; a clone
    (reflink), verified itself, where the file system makes one; else a copy of what was verified, which is read back.
    Raises: ArchiveFault when it is not sound, or not the expected one; nothing is left at `target` then.
    """
    with suppress(_Impossible):
        return _linked(source, target, expected_digest, limits, is_private), LINKED
    with suppress(_Impossible):
        return _cloned(source, target, expected_digest, limits), CLONED
    return _copied(source, target, expected_digest, limits), COPIED


class _Impossible(Exception):  # noqa: N818 - no error: the next way is taken
    pass


def _linked(source: str, target: str, expected: str, limits: Limits, is_private: bool) -> ArchiveRecord:  # noqa: FBT001 - passed on
    with open_archive(source) as file:
        names = os.fstat(file.fileno()).st_nlink
    if not is_private or os.path.islink(source) or names > 1:
        raise _Impossible
    with temporary_name(target) as temporary:
        try:
            os.link(source, temporary)
        except OSError:
            raise _Impossible from None
        return _verified(temporary, source, expected, limits)


def _cloned(source: str, target: str, expected: str, limits: Limits) -> ArchiveRecord:
    """A clone sees no changes of what it was made of; it is itself what is verified."""
    try:
        from fcntl import ioctl  # noqa: PLC0415 - there is none on every system
    except ImportError:
        raise _Impossible from None
    with open_archive(source) as file, atomic_file(target) as copy:
        try:
            ioctl(copy.fileno(), _FICLONE, file.fileno())
        except OSError:
            raise _Impossible from None
        return _verified(copy.name, source, expected, limits)


def _copied(source: str, target: str, expected: str, limits: Limits) -> ArchiveRecord:
    with open_archive(source) as file, atomic_file(target) as copy:
        record = record_of(file, source, copy, expected, limits)
        copy.flush()
        copied = file_digest(copy.name)
        if copied != record.digest:
            raise ArchiveFault("ARC012", "the copy's SHA-256 is {}, not {}".format(copied, record.digest), target)
        return record


def _verified(path: str, label: str, expected: str, limits: Limits) -> ArchiveRecord:
    with open_archive(path) as file:
        record = record_of(file, label, None, expected, limits)
        os.fsync(file.fileno())
        return record
