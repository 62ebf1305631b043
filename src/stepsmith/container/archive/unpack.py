"""An archive unpacked: files and directories alone, only inside the folder, whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from stepsmith.container.archive.atomic import temporary_name
from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.inflate import GzipReader
from stepsmith.container.archive.limits import USUAL, Limits
from stepsmith.container.archive.read import ArchiveRecord, Source, open_archive
from stepsmith.container.archive.walk import TarWalk

if TYPE_CHECKING:
    from stepsmith.container.archive.headers import Member


def unpack_archive(path: str, folder: str, limits: Limits = USUAL) -> ArchiveRecord:
    """The record of the archive at `path`, whose files are in `folder` then, which was not there.

    A file can be read by all and written by its owner, and run where its owner could; the umask takes of that what it
    does. Owners and times are not taken over, and links are refused whatever the limits admit. Raises: ArchiveFault
    when the archive is not sound, or `folder` is there already. OSError when it cannot be written. Nothing stays then.
    """
    folder = os.path.normpath(folder)
    if os.path.lexists(folder):
        raise ArchiveFault("ARC024", "it is there already; name a folder that is not", folder)
    with open_archive(path) as file, temporary_name(folder) as folder_path, Source(file, path) as source:
        os.mkdir(folder_path)
        reader = GzipReader(source.read, limits=limits)
        walk = TarWalk(reader.read)
        members = [_unpack_member(member, walk, folder_path) for member in walk]
        record = source.record(members, reader.members)
        # A hundred thousand files flushed one by one would take minutes.
        os.sync()
        return record


def _unpack_member(member: Member, walk: TarWalk, folder_path: str) -> Member:
    """Unpacks a member below `folder_path`. Its name was checked, and no link is on its way."""
    path = os.path.join(folder_path, *member.name.split("/"))
    if member.is_directory:
        os.makedirs(path, exist_ok=True)
        return member
    os.makedirs(os.path.dirname(path), exist_ok=True)
    mode = 0o755 if member.mode & 0o100 else 0o644
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode), "wb") as file:
        _write(walk, file, member.size_bytes)
    return member


def _write(walk: TarWalk, file: BinaryIO, remaining_bytes: int) -> None:
    for chunk in walk.body():
        file.write(chunk[:remaining_bytes])
        remaining_bytes -= min(remaining_bytes, len(chunk))
