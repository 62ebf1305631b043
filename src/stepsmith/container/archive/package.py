"""A model with entries of its user's added: spliced before the model's own, or, where one replaces one, rewritten."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Callable, Iterator, List, NamedTuple, Sequence, Tuple

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.inflate import GzipReader
from stepsmith.container.archive.names import folded, normal_name
from stepsmith.container.archive.read import ArchiveRecord, Source, identity, open_archive, refuse_changed
from stepsmith.container.archive.splice import Splice
from stepsmith.container.archive.walk import Member, Names, TarWalk
from stepsmith.container.archive.whole import whole_file
from stepsmith.container.archive.workers import Digest
from stepsmith.container.archive.write import END_OF_ARCHIVE, Entry, entry_blocks, gzip_chunks, header


class PackageRecord(NamedTuple):
    """What packaging did: the model as it was read, the package as it was written, and the entries it replaced.

    `gzip_members` is how many gzip members the model has; the package has as many, those apart that hold nothing.
    """

    model: ArchiveRecord
    package: ArchiveRecord
    replaced: Tuple[str, ...]
    gzip_members: int


class _Replaced(Exception):  # noqa: N818 - no error: the model holds what an entry replaces
    pass


def package_model(model: str, entries: Sequence[Entry], target: str) -> PackageRecord:
    """Writes the archive `model` with `entries` added to `target`, whole or not at all, in the pass that verifies it.

    An entry replaces what the model holds under its name, however its case and letters are written; the model is then
    read once more, and all of it rewritten. Raises: ArchiveFault when the model is not sound, or cannot hold an entry.
    OSError when the package cannot be written.
    """
    _refuse_unsafe(entries)
    try:
        return _packaged(model, entries, target, _spliced)
    except _Replaced:
        return _packaged(model, entries, target, _rewritten)


def _packaged(
    model: str,
    entries: Sequence[Entry],
    target: str,
    way: Callable[[Source, Sequence[Entry], Callable[[bytes], None], List[Member], List[str]], GzipReader],
) -> PackageRecord:
    with ExitStack() as stack:
        file = stack.enter_context(open_archive(model))
        before = identity(file)
        source = stack.enter_context(Source(file))
        sink = stack.enter_context(Digest(stack.enter_context(whole_file(target))))
        members, replaced = [], []  # type: List[Member], List[str]
        reader = way(source, entries, sink.give, members, replaced)
        if all(member.is_directory for member in members):
            raise ArchiveFault("ARC011", "the archive holds no file, so there is no model in it", model)
        refuse_changed(file, before, source, model)
        read = ArchiveRecord(source.finish(), source.size_bytes, tuple(members))
        kept = [member for member in members if member.name not in replaced]
        added = [Member(entry.name, entry.size_bytes, is_directory=False, headers=header(entry)) for entry in entries]
        written = ArchiveRecord(sink.finish(), sink.size_bytes, (*added, *kept))
    return PackageRecord(read, written, tuple(replaced), len(reader.members))


def _spliced(
    source: Source,
    entries: Sequence[Entry],
    write: Callable[[bytes], None],
    members: List[Member],
    replaced: List[str],  # noqa: ARG001 - splicing replaces nothing
) -> GzipReader:
    head = (block for entry in entries for block in entry_blocks(entry))
    splice = Splice(head, source.read, write)
    names = _names_of(entries)
    new = {folded(entry.name) for entry in entries}
    for member in TarWalk(splice.reader.read):
        if not member.is_directory and folded(member.name) in new:
            raise _Replaced
        names.add(member)
        members.append(member)
    return splice.reader


def _rewritten(
    source: Source,
    entries: Sequence[Entry],
    write: Callable[[bytes], None],
    members: List[Member],
    replaced: List[str],
) -> GzipReader:
    reader = GzipReader(source.read)
    for chunk in gzip_chunks(_tar(reader, entries, members, replaced)):
        write(chunk)
    return reader


def _tar(reader: GzipReader, entries: Sequence[Entry], members: List[Member], replaced: List[str]) -> Iterator[bytes]:
    """The package's tar: the entries first, then the model's members as they are, block for block."""
    for entry in entries:
        for chunk in entry_blocks(entry):
            yield chunk
    names = _names_of(entries)
    new = {folded(entry.name) for entry in entries}
    walk = TarWalk(reader.read)
    for member in walk:
        members.append(member)
        if not member.is_directory and folded(member.name) in new:
            replaced.append(member.name)
            continue
        names.add(member)
        yield member.headers
        for chunk in walk.body():
            yield bytes(chunk)
    yield END_OF_ARCHIVE


def _names_of(entries: Sequence[Entry]) -> Names:
    names = Names()
    for entry in entries:
        names.add(Member(entry.name, entry.size_bytes, is_directory=False, headers=b""))
    return names


def _refuse_unsafe(entries: Sequence[Entry]) -> None:
    """Raises: ArchiveFault when a name is none that an archive may hold, or stands twice."""
    as_read = [entry._replace(name=normal_name(os.fsencode(entry.name))) for entry in entries]
    _names_of(as_read)
    for entry in entries:
        if entry not in as_read:
            raise ArchiveFault("ARC008", "its name will be read in another form", "entry " + repr(entry.name))
