"""The gzip reader: every byte of every member is accounted for."""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import struct
import tracemalloc
import zlib

import pytest

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.inflate import DEFLATE, HEADER, MEMBERS, PADDING, TRAILER, GzipReader

FTEXT, FHCRC, FEXTRA, FNAME, FCOMMENT = 1, 2, 4, 8, 16
TEXT = b"the weights of a model, " * 9
NOISE = hashlib.shake_128(b"noise").digest(300_000)


def inflated(data, size=4096):
    reader = GzipReader(io.BytesIO(data).read)
    return b"".join(iter(lambda: reader.read(size), b""))


def member(data=TEXT, flags=0, **wrong):
    """One gzip member with the optional fields of `flags`; `wrong` replaces a part of it."""
    head = b"\x1f\x8b" + bytes([8, flags]) + b"\0\0\0\0\0\xff"
    head += b"\x05\x00extra" if flags & FEXTRA else b""
    head += b"model.tar\0" if flags & FNAME else b""
    head += b"made by hand\0" if flags & FCOMMENT else b""
    if flags & FHCRC:
        head += struct.pack("<H", wrong.get("head_crc", zlib.crc32(head) & 0xFFFF))
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = wrong.get("body", deflater.compress(data) + deflater.flush())
    return head + body + struct.pack("<II", wrong.get("crc", zlib.crc32(data)), wrong.get("length", len(data)))


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize(
    "data", [b"", b"x", TEXT, bytes(700_000), NOISE], ids=["none", "one", "text", "zeros", "noise"]
)
def test_it_reads_what_gzip_wrote(data, level):
    assert inflated(gzip.compress(data, level)) == data


@pytest.mark.parametrize("flags", range(32))
def test_every_combination_of_optional_fields_is_read(flags):
    assert inflated(member(flags=flags)) == TEXT


def test_members_are_read_one_after_another():
    assert inflated(member(b"one", FNAME) + member(b"") + member(b"two", FEXTRA | FHCRC)) == b"onetwo"


def test_a_source_that_gives_a_byte_at_a_time_reads_the_same():
    source = io.BytesIO(member(flags=31) + member(b"two", 31) + bytes(20))
    reader = GzipReader(lambda _: source.read(1))
    assert b"".join(iter(lambda: reader.read(3), b"")) == TEXT + b"two"


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_read_gives_at_least_one_byte_and_at_most_as_many_as_asked(size):
    reader = GzipReader(io.BytesIO(member(bytes(5000)) + member(b"") + member(b"x")).read)
    sizes = list(iter(lambda: len(reader.read(size)), 0))
    assert sum(sizes) == 5001
    assert max(sizes) <= size


def test_the_end_stays_the_end():
    reader = GzipReader(io.BytesIO(member()).read)
    assert reader.read(4096) == TEXT
    assert [reader.read(1), reader.read(1)] == [b"", b""]


@pytest.mark.parametrize("zeros", [1, 10, 511, 600_000])
def test_zero_padding_after_the_end_is_admitted(zeros):
    assert inflated(member() + bytes(zeros)) == TEXT


@pytest.mark.parametrize(
    "trailing",
    [
        b"x",
        b"garbage",
        b"garbage that is longer than a header",
        b"\0x",
        bytes(600_000) + b"x",
        bytes(8) + member(),
        b"\x1f\x8c" + bytes(20),
    ],
    ids=["byte", "short", "long", "after a zero", "after many zeros", "member after zeros", "magic"],
)
def test_anything_else_after_the_end_is_refused(trailing):
    with pytest.raises(ArchiveFault, match="^ARC005 "):
        inflated(member() + trailing)


@pytest.mark.parametrize(
    "data",
    [
        b"a",
        b"hello",
        b"PK\x03\x04" + bytes(30),
        b"BZh91AY&SY" + bytes(30),
        b"\x28\xb5\x2f\xfd" + bytes(30),
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        bytes(1024),
        b"\x1f\x9d\x90" + bytes(30),
    ],
    ids=["one byte", "short text", "zip", "bzip2", "zstd", "git-lfs", "zeros", "compress"],
)
def test_what_is_not_gzip_is_called_that(data):
    with pytest.raises(ArchiveFault, match="^ARC001 "):
        inflated(data)


def test_an_empty_file_is_called_that():
    with pytest.raises(ArchiveFault, match=r"^ARC001 .*empty"):
        inflated(b"")


@pytest.mark.parametrize("flags", [0, 31])
def test_a_member_cut_anywhere_is_truncated(flags):
    whole = member(flags=flags)
    for length in range(1, len(whole)):
        with pytest.raises(ArchiveFault, match="^ARC002 "):
            inflated(whole[:length])


def test_a_second_member_cut_anywhere_is_truncated():
    first, second = member(b"one"), member(b"two", 31)
    for length in range(1, len(second)):
        with pytest.raises(ArchiveFault, match="^ARC002 "):
            inflated(first + second[:length])


@pytest.mark.parametrize("before", [b"", member()], ids=["first member", "second member"])
def test_a_method_other_than_deflate_is_refused(before):
    with pytest.raises(ArchiveFault, match="^ARC003 "):
        inflated(before + b"\x1f\x8b\x07" + member()[3:])


@pytest.mark.parametrize("flag", [32, 64, 128])
def test_a_reserved_flag_is_refused(flag):
    with pytest.raises(ArchiveFault, match="^ARC003 "):
        inflated(member(flags=flag))


@pytest.mark.parametrize("flags", [FHCRC, FHCRC | FNAME, 31])
def test_a_wrong_header_checksum_is_refused(flags):
    right = struct.unpack("<H", member(b"", flags)[-12:-10])[0]
    assert inflated(member(b"", flags, head_crc=right)) == b""
    for bit in range(16):
        with pytest.raises(ArchiveFault, match="^ARC004 "):
            inflated(member(b"", flags, head_crc=right ^ 1 << bit))


@pytest.mark.parametrize("bit", range(32))
def test_a_wrong_checksum_is_refused(bit):
    with pytest.raises(ArchiveFault, match="^ARC004 .*checksum"):
        inflated(member(crc=zlib.crc32(TEXT) ^ 1 << bit))


@pytest.mark.parametrize("bit", range(32))
def test_a_wrong_length_is_refused(bit):
    with pytest.raises(ArchiveFault, match="^ARC004 .*length"):
        inflated(member(length=len(TEXT) ^ 1 << bit))


def test_the_checksum_of_a_second_member_is_its_own():
    with pytest.raises(ArchiveFault, match="^ARC004 "):
        inflated(member(b"one") + member(b"two", crc=zlib.crc32(b"onetwo"), length=6))


@pytest.mark.parametrize(
    "body", [b"\x07", b"\x01\x05\x00\x00\x00hello", b"\xff" * 8], ids=["block type", "stored length", "all ones"]
)
def test_damaged_compressed_data_is_refused(body):
    with pytest.raises(ArchiveFault, match="^ARC003 "):
        inflated(member(body=body + bytes(20)))


@pytest.mark.parametrize("cut", [1, 100, 2000])
def test_all_that_was_read_is_right_up_to_where_a_cut_shows(cut):
    data = NOISE[:9000]
    reader, taken = GzipReader(io.BytesIO(member(data)[:-cut]).read), []
    with pytest.raises(ArchiveFault, match="^ARC002 "):
        taken.extend(iter(lambda: reader.read(512), b""))
    assert data.startswith(b"".join(taken))


def test_a_refusal_says_at_which_byte():
    with pytest.raises(ArchiveFault) as refusal:
        inflated(member() + bytes([0, 0, 1]))
    assert refusal.value.where.startswith("byte ")


def test_the_offset_counts_what_was_used_of_the_file():
    first, second = member(b"one", FNAME), member(b"two")
    reader = GzipReader(io.BytesIO(first + second).read)
    assert reader.offset == 0
    assert reader.read(99) == b"one"
    assert reader.offset == len(first)
    assert reader.read(99) == b"two"
    assert reader.offset == len(first + second)


def test_a_bomb_is_read_in_little_memory():
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = bytes(1 << 20)
    body = b"".join(deflater.compress(piece) for _ in range(64)) + deflater.flush()
    crc = 0
    for _ in range(64):
        crc = zlib.crc32(piece, crc)
    data = member(b"", body=body, crc=crc, length=64 << 20)
    reader = GzipReader(io.BytesIO(data).read)
    tracemalloc.start()
    try:
        total = sum(iter(lambda: len(reader.read(1 << 18)), 0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 64 << 20
    assert peak < 4 << 20


def test_a_flipped_bit_gives_the_same_bytes_or_a_refusal():
    data = member(flags=31)
    for place, bit in itertools.product(range(len(data)), range(8)):
        flipped = bytearray(data)
        flipped[place] ^= 1 << bit
        try:
            read = inflated(bytes(flipped))
        except ArchiveFault:
            continue
        assert read == TEXT, f"bit {bit} of byte {place}"


def test_a_header_with_its_own_checksum_admits_no_flipped_bit_at_all():
    head = len(member(b"", FHCRC | FNAME)) - 10
    for place, bit in itertools.product(range(head), range(8)):
        flipped = bytearray(member(b"", FHCRC | FNAME))
        flipped[place] ^= 1 << bit
        with pytest.raises(ArchiveFault):
            inflated(bytes(flipped))


# --- what is bounded ---


@pytest.mark.parametrize("flag", [FNAME, FCOMMENT])
def test_a_name_or_a_comment_in_the_header_has_a_bound(flag):
    whole = member(flags=flag)
    at = whole.index(b"\0", 10)
    assert inflated(whole[:at] + b"n" * 65_000 + whole[at:]) == TEXT
    with pytest.raises(ArchiveFault, match="^ARC003 .*name or comment"):
        inflated(whole[:at] + b"n" * 66_000 + whole[at:])


def test_a_member_that_goes_on_and_holds_nothing_is_refused():
    nothing = b"\x00\x00\x00\xff\xff" * 300_000  # stored blocks of no bytes, none of them the last
    with pytest.raises(ArchiveFault, match="^ARC003 .*holds nothing"):
        inflated(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + nothing + b"\x01\x00\x00\xff\xff" + bytes(8))


def test_gzip_members_are_bounded_in_number():
    empty = gzip.compress(b"", mtime=0)
    with pytest.raises(ArchiveFault, match="^ARC020 .*250,000 gzip members"):
        inflated(empty * (MEMBERS + 1))


# --- what is handed on ---


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_each_byte_is_handed_on_once_in_order_and_with_its_part(step):
    data = member(NOISE[:3000], 31) + member(b"") + member(bytes(100_000), FEXTRA) + bytes(50)
    source, handed = io.BytesIO(data), []
    reader = GzipReader(lambda _: source.read(step), lambda part, piece: handed.append((part, bytes(piece))))
    while reader.read(5000):
        pass
    assert b"".join(piece for _, piece in handed) == data
    for item in reader.members:
        at = 0
        for part, piece in handed:
            inside = item.deflate_start <= at < item.deflate_end
            assert not inside or part == DEFLATE
            at += len(piece)
    parts = [part for part, _ in itertools.groupby(part for part, _ in handed)]
    assert parts == [HEADER, DEFLATE, TRAILER] * 3 + [PADDING]
