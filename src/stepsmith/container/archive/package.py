"""A model with entries of its user's added: the members streamed into a new archive, which is then read back."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Iterator, List, NamedTuple, Sequence, Tuple

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.inflate import GzipReader
from stepsmith.container.archive.read import ArchiveRecord, Source, open_archive, read_archive
from stepsmith.container.archive.walk import Member, TarWalk
from stepsmith.container.archive.whole import whole_file
from stepsmith.container.archive.write import END_OF_ARCHIVE, Entry, entry_blocks, gzip_chunks


class PackageRecord(NamedTuple):
    """What packaging did: the model as it was read, the package as it was written, and the entries it replaced."""

    model: ArchiveRecord
    package: ArchiveRecord
    replaced: Tuple[str, ...]


def package_model(model: str, entries: Sequence[Entry], target: str) -> PackageRecord:
    """Writes the archive `model` with `entries` added to `target`, whole or not at all, and reads it back.

    An entry replaces what the model holds under its name. Raises: ArchiveFault when the model is not sound, or the
    package does not hold every other file of the model and every entry.
    """
    with ExitStack() as stack:
        source = Source(stack.enter_context(open_archive(model)))
        package = stack.enter_context(whole_file(target))
        members, replaced = [], []  # type: List[Member], List[str]
        for chunk in gzip_chunks(_tar(source, entries, members, replaced)):
            package.write(chunk)
        record = ArchiveRecord(source.digest, source.size_bytes, tuple(members))
        if not record.files:
            raise ArchiveFault("ARC011", "the archive holds no file, so there is no model in it", model)
        package.flush()
        written = read_archive(package.name)
        _compare(record, written, [entry.name for entry in entries])
    return PackageRecord(record, written, tuple(replaced))


def _tar(source: Source, entries: Sequence[Entry], members: List[Member], replaced: List[str]) -> Iterator[bytes]:
    """The package's tar: the entries first, then the model's members as they are, block for block."""
    for entry in entries:
        for chunk in entry_blocks(entry):
            yield chunk
    names = {entry.name for entry in entries}
    walk = TarWalk(GzipReader(source.read).read)
    for member in walk:
        members.append(member)
        if member.name in names and not member.is_directory:
            replaced.append(member.name)
            continue
        yield member.headers
        for chunk in walk.body():
            yield chunk
    yield END_OF_ARCHIVE


def _compare(model: ArchiveRecord, package: ArchiveRecord, names: Sequence[str]) -> None:
    missing = (set(model.files) | set(names)) - set(package.files)
    if missing:
        raise ArchiveFault("ARC018", "the package lacks " + ", ".join(sorted(missing)[:5]))
