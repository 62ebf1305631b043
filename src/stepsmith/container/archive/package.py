"""A model with entries of its user's added: spliced before the model's own, or, where one replaces one, rewritten."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import BinaryIO, Callable, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

from stepsmith.container.archive.atomic import atomic_file
from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.headers import Member
from stepsmith.container.archive.inflate import CHUNK_BYTES, TRAILER_BYTES, GzipMember, GzipReader
from stepsmith.container.archive.limits import USUAL, Limits
from stepsmith.container.archive.names import Names, folded, normal_name
from stepsmith.container.archive.read import ArchiveRecord, Source, identity, open_archive
from stepsmith.container.archive.splice import Head, Splice, kept_of, members_of_splice
from stepsmith.container.archive.walk import TarWalk
from stepsmith.container.archive.workers import Data, Digest
from stepsmith.container.archive.write import (
    END_OF_ARCHIVE,
    GZIP_HEADER,
    ArchiveEntry,
    Counted,
    entries_of_folder,
    entry_blocks,
    gzip_chunks,
    mode_of,
)

# Where a serving container looks for the inference code of a model.
CODE_PREFIX = "code/"


class PackageRecord(NamedTuple):
    """What packaging did: the model as it was read, the package as it was written, and the entries it replaced."""

    model: ArchiveRecord
    package: ArchiveRecord
    replaced: Tuple[str, ...]


class _Contents(NamedTuple):
    """What one way of packaging met: members and gzip members of the model, those written, and what was replaced."""

    members: Tuple[Member, ...]
    gzip_members: Tuple[GzipMember, ...]
    written: Tuple[GzipMember, ...]
    replaced: Tuple[str, ...] = ()


class _PackageNames(Names):
    """The names in a package: the entries', and of the model's those that no entry replaces, which are told."""

    def __init__(self, entries: Sequence[ArchiveEntry]) -> None:
        super().__init__()
        for entry in entries:
            super().add(entry.name, is_directory=False)
        self._new = {folded(entry.name) for entry in entries}
        self.replaced: List[str] = []

    def add(self, name: str, is_directory: bool, target: str = "") -> None:  # noqa: FBT001 - a member's own fields
        """Takes note of the name of a member. Raises: ArchiveFault when it cannot stand beside the others."""
        if target and folded(target) in self._new:
            message = "it is a link to {!r}, which would be replaced".format(target)
            raise ArchiveFault("ARC010", message, "entry " + repr(name))
        if is_directory or folded(name) not in self._new or name in self.replaced:
            super().add(name, is_directory, target)
        else:
            self.replaced.append(name)


class _Replaced(Exception):  # noqa: N818 - no error: the model holds what an entry replaces
    pass


_Way = Callable[[Source, Sequence[ArchiveEntry], Callable[[Data], None], Limits], _Contents]


def code_entries(folder: str, entry_point: str) -> List[ArchiveEntry]:
    """The files below `folder` as entries under code/.

    Raises: ArchiveFault when the entry point is not among them.
    """
    entries = entries_of_folder(folder)
    if entry_point not in {item.name for item in entries}:
        raise ArchiveFault("ARC017", "the entry point {} is not in the code".format(entry_point), folder)
    return [item._replace(name=CODE_PREFIX + item.name) for item in entries]


def package_model(
    model: str,
    entries: Sequence[ArchiveEntry],
    target: str,
    limits: Limits = USUAL,
) -> PackageRecord:
    """Writes the archive `model` with `entries` added to `target`, whole or not at all, in the pass that verifies it.

    An entry replaces what the model holds under its name, however its case and letters are written; the model is then
    read once more, and all of it rewritten. Raises: ArchiveFault when the model is not sound, goes over a limit, or
    cannot hold an entry. OSError when the package cannot be written.
    """
    refuse_unsafe(entries)
    try:
        return _packaged(model, entries, target, limits, _spliced)
    except _Replaced:
        return _packaged(model, entries, target, limits, _rewritten)


def package_verified(model: str, record: ArchiveRecord, entries: Sequence[ArchiveEntry], target: str) -> PackageRecord:
    """Writes the archive `model` with `entries` added to `target`, without verifying again what `record` tells of it.

    Nothing is inflated, and only the package is digested. Raises: ArchiveFault when the file is not the one that was
    read, by its inode, size and time, or cannot hold an entry, or holds one already: replacing it takes
    `package_model`.
    """
    replaced = replaced_by(entries, record.members)
    if replaced:
        message = "it holds {!r}, so that all of it has to be written anew".format(replaced[0])
        raise ArchiveFault("ARC010", message, model)
    with ExitStack() as stack:
        file = stack.enter_context(open_archive(model))
        _refuse_other(file, record, model)
        sink = stack.enter_context(Digest(stack.enter_context(atomic_file(target))))
        head, kept_members = Head(entries), kept_of(record.gzip_members)
        for chunk in head.chunks():
            sink.give(chunk)
        _copy(file, kept_members.member.deflate_start, kept_members.member.deflate_end, sink.give)
        sink.give(head.member(kept_members.member).trailer)
        _copy(file, kept_members.rest_start, kept_members.rest_end, sink.give)
        _refuse_other(file, record, model)
        written = members_of_splice(head, record.gzip_members)
        return _record(record, sink, entries, _Contents(record.members, record.gzip_members, written))


def replaced_by(entries: Sequence[ArchiveEntry], members: Iterable[Member]) -> Tuple[str, ...]:
    """The names of the members that entries replace.

    Raises: ArchiveFault when an entry's name is unsafe, or cannot stand beside the others'.
    """
    refuse_unsafe(entries)
    names = _PackageNames(entries)
    for member in members:
        names.add(member.name, member.is_directory, member.link)
    return tuple(names.replaced)


def _packaged(model: str, entries: Sequence[ArchiveEntry], target: str, limits: Limits, build: _Way) -> PackageRecord:
    with ExitStack() as stack:
        file = stack.enter_context(open_archive(model))
        sink = stack.enter_context(Digest(stack.enter_context(atomic_file(target))))
        source = stack.enter_context(Source(file, model))
        contents = build(source, entries, sink.give, limits)
        return _record(source.record(contents.members, contents.gzip_members), sink, entries, contents)


def _record(read: ArchiveRecord, sink: Digest, entries: Sequence[ArchiveEntry], contents: _Contents) -> PackageRecord:
    replaced = set(contents.replaced)
    kept_members = (member for member in contents.members if member.name not in replaced)
    added = (Member(entry.name, entry.size_bytes, is_directory=False, mode=mode_of(entry)) for entry in entries)
    written = ArchiveRecord(sink.finish(), sink.size_bytes, (*added, *kept_members), contents.written)
    return PackageRecord(read, written, contents.replaced)


def _spliced(
    source: Source, entries: Sequence[ArchiveEntry], write: Callable[[Data], None], limits: Limits
) -> _Contents:
    names = _PackageNames(entries)
    splice = Splice(entries, source.read, write, limits)
    members = []
    for member in TarWalk(splice.reader.read, limits.links, names):
        if names.replaced:
            raise _Replaced
        members.append(member)
    read = splice.reader.members
    return _Contents(tuple(members), tuple(read), members_of_splice(splice.head, read))


def _rewritten(
    source: Source, entries: Sequence[ArchiveEntry], write: Callable[[Data], None], limits: Limits
) -> _Contents:
    names = _PackageNames(entries)
    reader = GzipReader(source.read, limits=limits)
    members: List[Member] = []
    tar = Counted(_tar(TarWalk(reader.read, limits.links, names), entries, members, names.replaced))
    end = -TRAILER_BYTES
    for chunk in gzip_chunks(tar):
        end += len(chunk)
        write(chunk)
    written = GzipMember(len(GZIP_HEADER), end, tar.crc, tar.length)
    return _Contents(tuple(members), tuple(reader.members), (written,), tuple(names.replaced))


def _tar(walk: TarWalk, entries: Sequence[ArchiveEntry], members: List[Member], replaced: List[str]) -> Iterator[bytes]:
    """The package's tar: the entries first, then the model's members as they are, block for block."""
    for entry in entries:
        for chunk in entry_blocks(entry):
            yield chunk
    for member in walk:
        members.append(member)
        # What the walk has just added to the replaced ones is this member.
        if not replaced or replaced[-1] != member.name:
            yield walk.headers
            for chunk in walk.body():
                yield chunk
    yield END_OF_ARCHIVE


def _copy(file: BinaryIO, start: int, end: int, write: Callable[[bytes], None]) -> None:
    file.seek(start)
    while start < end:
        data = file.read(min(CHUNK_BYTES, end - start))
        if not data:
            return
        write(data)
        start += len(data)


def _refuse_other(file: BinaryIO, record: ArchiveRecord, path: str) -> None:
    if identity(file) != record.identity:
        raise ArchiveFault("ARC016", "the file is not the one that was verified, or changed since", path)


def refuse_unsafe(entries: Sequence[ArchiveEntry]) -> None:
    """Raises: ArchiveFault when a name is none that an archive may hold, or stands twice."""
    names = Names()
    for entry in entries:
        name = normal_name(os.fsencode(entry.name))
        names.add(name, is_directory=False)
        if name != entry.name:
            raise ArchiveFault("ARC008", "its name will be read in another form", "entry " + repr(entry.name))
