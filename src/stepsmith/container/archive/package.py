"""A model with entries of its user's added: spliced before the model's own, or, where one replaces one, rewritten."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import BinaryIO, Callable, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.headers import Member
from stepsmith.container.archive.inflate import CHUNK_BYTES, TRAILER_BYTES, GzipMember, GzipReader
from stepsmith.container.archive.limits import USUAL, Limits
from stepsmith.container.archive.names import Names, folded, normal_name
from stepsmith.container.archive.read import (
    ArchiveRecord,
    Source,
    identity,
    open_archive,
    refuse_changed,
    refuse_empty,
)
from stepsmith.container.archive.splice import Head, Splice, kept_of, members_of_splice
from stepsmith.container.archive.walk import TarWalk
from stepsmith.container.archive.whole import whole_file
from stepsmith.container.archive.workers import Digest
from stepsmith.container.archive.write import (
    END_OF_ARCHIVE,
    GZIP_HEADER,
    Counted,
    Entry,
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


class _Found(NamedTuple):
    """What one way of packaging met: members and gzip members of the model, those written, and what was replaced."""

    members: Tuple[Member, ...]
    gzip_members: Tuple[GzipMember, ...]
    written: Tuple[GzipMember, ...]
    replaced: Tuple[str, ...] = ()


class _Replaced(Exception):  # noqa: N818 - no error: the model holds what an entry replaces
    pass


_Way = Callable[[Source, Sequence[Entry], Callable[[bytes], None], Limits], _Found]


def code_entries(folder: str, entry_point: str) -> List[Entry]:
    """The files below `folder` as entries under code/.

    Raises: ArchiveFault when the entry point is not among them.
    """
    entries = entries_of_folder(folder)
    if entry_point not in {item.name for item in entries}:
        raise ArchiveFault("ARC017", "the entry point {} is not in the code".format(entry_point), folder)
    return [item._replace(name=CODE_PREFIX + item.name) for item in entries]


def package_model(
    model: str,
    entries: Sequence[Entry],
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


def package_verified(model: str, record: ArchiveRecord, entries: Sequence[Entry], target: str) -> PackageRecord:
    """Writes the archive `model` with `entries` added to `target`, without verifying again what `record` tells of it.

    Nothing is inflated, and only the package is digested. Raises: ArchiveFault when the file is not the one that was
    read, by its inode, size and time, or cannot hold an entry, or holds one already: replacing it takes
    `package_model`.
    """
    replaced = replaced_by(entries, record.members)
    if replaced:
        what = "it holds {!r}, so that all of it has to be written anew".format(replaced[0])
        raise ArchiveFault("ARC010", what, model)
    with ExitStack() as stack:
        file = stack.enter_context(open_archive(model))
        _refuse_other(file, record, model)
        sink = stack.enter_context(Digest(stack.enter_context(whole_file(target))))
        head, kept = Head(entries), kept_of(record.gzip_members)
        for chunk in head.chunks():
            sink.give(chunk)
        _copy(file, kept.member.deflate_start, kept.member.deflate_end, sink.give)
        sink.give(head.member(kept.member).trailer)
        _copy(file, kept.rest_start, kept.rest_end, sink.give)
        _refuse_other(file, record, model)
        written = members_of_splice(head, record.gzip_members)
        return _record(record, sink, entries, _Found(record.members, record.gzip_members, written))


def replaced_by(entries: Sequence[Entry], members: Iterable[Member]) -> Tuple[str, ...]:
    """The names of the members that entries replace.

    Raises: ArchiveFault when an entry's name is unsafe, or cannot stand beside the others'.
    """
    refuse_unsafe(entries)
    names, replaced = _names_of(entries), []
    new = {folded(entry.name) for entry in entries}
    for member in members:
        if not member.is_directory and folded(member.name) in new:
            replaced.append(member.name)
        else:
            names.add(member.name, member.is_directory)
    return tuple(replaced)


def _packaged(model: str, entries: Sequence[Entry], target: str, limits: Limits, way: _Way) -> PackageRecord:
    with ExitStack() as stack:
        file = stack.enter_context(open_archive(model))
        before = identity(file)
        source = stack.enter_context(Source(file))
        sink = stack.enter_context(Digest(stack.enter_context(whole_file(target))))
        found = way(source, entries, sink.give, limits)
        refuse_empty(found.members, model)
        refuse_changed(file, before, source, model)
        read = ArchiveRecord(source.finish(), source.size_bytes, found.members, found.gzip_members, before)
        return _record(read, sink, entries, found)


def _record(read: ArchiveRecord, sink: Digest, entries: Sequence[Entry], found: _Found) -> PackageRecord:
    kept = (member for member in found.members if member.name not in found.replaced)
    added = (Member(entry.name, entry.size_bytes, is_directory=False, mode=mode_of(entry)) for entry in entries)
    written = ArchiveRecord(sink.finish(), sink.size_bytes, (*added, *kept), found.written)
    return PackageRecord(read, written, found.replaced)


def _spliced(source: Source, entries: Sequence[Entry], write: Callable[[bytes], None], limits: Limits) -> _Found:
    splice = Splice(entries, source.read, write, limits)
    names, members = _names_of(entries), []  # type: Names, List[Member]
    new = {folded(entry.name) for entry in entries}
    for member in TarWalk(splice.reader.read, limits.links):
        if not member.is_directory and folded(member.name) in new:
            raise _Replaced
        names.add(member.name, member.is_directory)
        members.append(member)
    read = splice.reader.members
    return _Found(tuple(members), tuple(read), members_of_splice(splice.head, read))


def _rewritten(source: Source, entries: Sequence[Entry], write: Callable[[bytes], None], limits: Limits) -> _Found:
    reader = GzipReader(source.read, limits=limits)
    members, replaced = [], []  # type: List[Member], List[str]
    tar = Counted(_tar(TarWalk(reader.read, limits.links), entries, members, replaced))
    end = -TRAILER_BYTES
    for chunk in gzip_chunks(tar):
        end += len(chunk)
        write(chunk)
    written = GzipMember(len(GZIP_HEADER), end, tar.crc, tar.length)
    return _Found(tuple(members), tuple(reader.members), (written,), tuple(replaced))


def _tar(walk: TarWalk, entries: Sequence[Entry], members: List[Member], replaced: List[str]) -> Iterator[bytes]:
    """The package's tar: the entries first, then the model's members as they are, block for block."""
    for entry in entries:
        for chunk in entry_blocks(entry):
            yield chunk
    names = _names_of(entries)
    new = {folded(entry.name) for entry in entries}
    for member in walk:
        members.append(member)
        if folded(member.link) in new:
            what = "it is a link to {!r}, which would be replaced".format(member.link)
            raise ArchiveFault("ARC010", what, "entry " + repr(member.name))
        if not member.is_directory and folded(member.name) in new:
            replaced.append(member.name)
            continue
        names.add(member.name, member.is_directory)
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


def _names_of(entries: Sequence[Entry]) -> Names:
    names = Names()
    for entry in entries:
        names.add(entry.name, is_directory=False)
    return names


def refuse_unsafe(entries: Sequence[Entry]) -> None:
    """Raises: ArchiveFault when a name is none that an archive may hold, or stands twice."""
    as_read = [entry._replace(name=normal_name(os.fsencode(entry.name))) for entry in entries]
    _names_of(as_read)
    for entry in entries:
        if entry not in as_read:
            raise ArchiveFault("ARC008", "its name will be read in another form", "entry " + repr(entry.name))
