"""Damage to a small archive at every byte and in every bit: what passes says nothing about the content."""

from __future__ import annotations

import io
import struct
import zlib
from hashlib import shake_128
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from stepsmith.container.archive.faults import CODES, ArchiveFault
from stepsmith.container.archive.inflate import GzipReader
from stepsmith.container.archive.package import package_model
from stepsmith.container.archive.read import refuse_empty
from stepsmith.container.archive.walk import TarWalk
from stepsmith.container.archive.write import entry_of_bytes, stored_blocks, tar_chunks
from stepsmith.container.archive.zlib_backend import fastest_zlib

FTEXT, FHCRC, FEXTRA, FNAME, FCOMMENT = 1, 2, 4, 8, 16
WEIGHTS = shake_128(b"weights").hexdigest(180).encode()
TAR = b"".join(tar_chunks([entry_of_bytes("model.bin", WEIGHTS)]))
HALF = 700
CONTENTS = [("model.bin", 0o644, WEIGHTS)]
# Each of them has a letter of one bit, `@` or a space, which a flip makes the zero that ends the text.
NAME, COMMENT = b"m@1.tar", b"of @ and b"
EXTRA = b"SS\x04\x00\x00\x01@\xff"
CODECS = {module.__name__: module for module in (zlib, fastest_zlib())}
HOW = {"stored": 0, "fixed codes": 1, "dynamic codes": 2}


class Archive(NamedTuple):
    """The bytes of an archive, and which (byte, bit) of it say nothing about its content."""

    data: bytes
    silent: frozenset[tuple[int, int]] = frozenset()

    def followed_by(self, other):
        moved = {(place + len(self.data), bit) for place, bit in other.silent}
        return Archive(self.data + other.data, self.silent | moved)


def flips(data):
    """Each bit of the data, and the data with that bit flipped."""
    flipped = bytearray(data)
    for place, bit in product(range(len(data)), range(8)):
        flipped[place] ^= 1 << bit
        yield (place, bit), bytes(flipped)
        flipped[place] ^= 1 << bit


def header(*, with_checksum):
    """A gzip header that has every optional field."""
    flags = FTEXT | FEXTRA | FNAME | FCOMMENT | (FHCRC if with_checksum else 0)
    data = struct.pack("<2sBBIBBH", b"\x1f\x8b", 8, flags, 1_700_000_000, 2, 3, len(EXTRA))
    data += EXTRA + NAME + b"\0" + COMMENT + b"\0"
    if with_checksum:
        return Archive(data + struct.pack("<H", zlib.crc32(data) & 0xFFFF))
    said_elsewhere = {(3, bit) for bit in range(1, 8)} | set(product(range(3), range(8)))
    return Archive(data, {where for where, flipped in flips(data) if end(flipped) == len(data)} - said_elsewhere)


def end(start):
    """Where the optional fields of a header end; a flip that moves one's end may leave the others' as it was."""
    comment = start.find(b"\0", 12 + int.from_bytes(start[10:12], "little")) + 1
    return comment and start.find(b"\0", comment) + 1


def deflated(data, how):
    """`data` in one deflate block of a type."""
    if how == "stored":
        block = b"".join(stored_blocks([data], last=True))
    else:
        strategy = zlib.Z_FIXED if how == "fixed codes" else zlib.Z_DEFAULT_STRATEGY
        deflater = zlib.compressobj(9, zlib.DEFLATED, -15, 9, strategy)
        block = deflater.compress(data) + deflater.flush()
    assert (block[0] & 1, block[0] >> 1 & 3) == (1, HOW[how]), "it is the last, and of that type"
    return redundant(block)


def redundant(block):
    """Deflate data; silent is what zlib inflates to the same: the bits of no code, and other distances in a run."""
    inflated = zlib.decompress(block, -15)
    return Archive(block, {where for where, flipped in flips(block) if inflates_to(inflated, flipped)})


def inflates_to(data, block):
    inflater = zlib.decompressobj(-15)
    try:
        return inflater.decompress(block) == data and inflater.eof and not inflater.unused_data
    except zlib.error:
        return False


def member(data, how, *, with_checksum=False):
    """A gzip member that holds `data`."""
    trailer = Archive(struct.pack("<II", zlib.crc32(data), len(data)))
    return header(with_checksum=with_checksum).followed_by(deflated(data, how)).followed_by(trailer)


def spliced(model, *others):
    """A package, with a file added, of the model of these gzip members."""
    with TemporaryDirectory() as folder:
        paths = Path(folder, "model.tar.gz"), Path(folder, "package")
        paths[0].write_bytes(b"".join(one.data for one in (model, *others)))
        package_model(str(paths[0]), [entry_of_bytes("code/inference.py", b"pass\n")], str(paths[1]))
        package = paths[1].read_bytes()
    stop = len(package) - sum(len(one.data) for one in others)
    first = Archive(package[:10], {(3, 0), *product(range(4, 10), range(8))})
    for part in (redundant(package[10 : stop - 8]), Archive(package[stop - 8 : stop]), *others):
        first = first.followed_by(part)
    assert first.data == package
    return first


def two_members(*, with_checksum):
    """The gzip members of an archive of two."""
    first = member(TAR[:HALF], "dynamic codes", with_checksum=with_checksum)
    return first, member(TAR[HALF:], "fixed codes", with_checksum=with_checksum)


# Archives of CONTENTS, and packages of them with one more file before it. A header with a checksum is read the same
# way whatever follows it: one archive with such headers is enough.
ARCHIVES = {
    "stored": lambda: member(TAR, "stored"),
    "fixed codes": lambda: member(TAR, "fixed codes"),
    "dynamic codes": lambda: member(TAR, "dynamic codes"),
    "two members with checksums": lambda: Archive.followed_by(*two_members(with_checksum=True)),
    "spliced": lambda: spliced(member(TAR, "dynamic codes")),
    "two members spliced": lambda: spliced(*two_members(with_checksum=False)),
}


@pytest.fixture(scope="module", params=ARCHIVES)
def archive(request):
    return ARCHIVES[request.param]()


@pytest.fixture(params=CODECS)
def codec(request):
    return CODECS[request.param]


def contents(data, codec):
    """The name, mode and bytes of every member, read as `read_archive` reads."""
    walk = TarWalk(GzipReader(io.BytesIO(data).read, codec=codec).read)
    read = [(member, b"".join(walk.body())[: member.size_bytes]) for member in walk]
    refuse_empty([member for member, _ in read], "the archive")
    assert not any(member.is_directory or member.link for member, _ in read)
    return [(member.name, member.mode, data) for member, data in read]


def code_of(data, codec):
    """With what code the archive is refused, empty where it is not."""
    try:
        contents(data, codec)
    except ArchiveFault as fault:
        return fault.code
    return ""


def test_an_archive_cut_at_any_byte_is_refused_as_truncated(archive, codec):
    assert contents(archive.data, codec)[-1:] == CONTENTS
    assert code_of(b"", codec) == "ARC001"
    assert {code_of(archive.data[:length], codec) for length in range(1, len(archive.data))} == {"ARC002"}


def test_a_flipped_bit_passes_only_where_it_says_nothing_about_the_content(archive, codec):
    codes = {where: code_of(flipped, codec) for where, flipped in flips(archive.data)}
    assert {where for where, code in codes.items() if not code} == archive.silent
    assert set(codes.values()) - {""} <= set(CODES)


def test_what_passes_with_a_flipped_bit_has_the_same_content(archive, codec):
    expected = contents(archive.data, codec)
    passed = [flipped for where, flipped in flips(archive.data) if where in archive.silent]
    assert all(contents(flipped, codec) == expected for flipped in passed)


def test_no_flip_in_a_header_with_a_checksum_passes():
    start = header(with_checksum=True).data
    archive = member(TAR, "fixed codes", with_checksum=True).data
    rest = archive[len(start) :]
    assert all(code_of(flipped + rest, zlib) for _, flipped in flips(start))


def test_a_flip_in_the_padding_after_the_last_member_is_refused(archive, codec):
    assert contents(archive.data + bytes(20), codec) == contents(archive.data, codec)
    assert {code_of(archive.data + padding, codec) for _, padding in flips(bytes(20))} == {"ARC005"}
