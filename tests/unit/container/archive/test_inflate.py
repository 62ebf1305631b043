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
from stepsmith.container.archive.inflate import (
    CHUNK_BYTES,
    DEFLATE,
    HEADER,
    MEMBERS,
    PADDING,
    TRAILER,
    TRAILER_BYTES,
    GzipMember,
    GzipReader,
)

FTEXT, FHCRC, FEXTRA, FNAME, FCOMMENT = 1, 2, 4, 8, 16
TEXT = b"the weights of a model, " * 9
NOISE = hashlib.shake_128(b"noise").digest(300_000)


def inflated(data, size=4096):
    reader = GzipReader(io.BytesIO(data).read)
    return b"".join(iter(lambda: reader.read(size), b""))


def member(data=TEXT, flags=0, **wrong):
    """One gzip member with the optional fields of `flags`; `wrong` replaces a part of it.

    At level 0 it is as long with every zlib, so that the place of a fault is always the same.
    """
    head = b"\x1f\x8b" + bytes([8, flags]) + b"\0\0\0\0\0\xff"
    head += b"\x05\x00extra" if flags & FEXTRA else b""
    head += b"model.tar\0" if flags & FNAME else b""
    head += b"made by hand\0" if flags & FCOMMENT else b""
    if flags & FHCRC:
        head += struct.pack("<H", wrong.get("head_crc", zlib.crc32(head) & 0xFFFF))
    deflater = zlib.compressobj(wrong.get("level", 9), zlib.DEFLATED, -15)
    body = wrong.get("body", deflater.compress(data) + deflater.flush())
    return head + body + struct.pack("<II", wrong.get("crc", zlib.crc32(data)), wrong.get("length", len(data)))


STORED = member(level=0)


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
    ("trailing", "where"),
    [
        (b"x", f"byte {len(STORED)}"),
        (b"garbage", f"byte {len(STORED)}"),
        (b"garbage that is longer than a header", f"byte {len(STORED)}"),
        (b"\0x", f"byte {len(STORED)}"),
        (bytes(600_000) + b"x", f"byte {2 * CHUNK_BYTES}"),
        (bytes(8) + STORED, f"byte {len(STORED)}"),
        (b"\x1f\x8c" + bytes(20), f"byte {len(STORED)}"),
    ],
    ids=["byte", "short", "long", "after a zero", "after many zeros", "member after zeros", "magic"],
)
def test_anything_else_after_the_end_is_refused(trailing, where, expect_error):
    with expect_error("ARC005", where):
        inflated(STORED + trailing)


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
def test_what_is_not_gzip_is_called_that(data, expect_error):
    with expect_error("ARC001", "byte 0"):
        inflated(data)


def test_an_empty_file_is_called_that(expect_error):
    with expect_error("ARC001", "byte 0"):
        inflated(b"")


@pytest.mark.parametrize("flags", [0, 31])
def test_a_member_cut_anywhere_is_truncated(flags, refusal, snapshot):
    whole = member(flags=flags)
    faults = [refusal(inflated, whole[:length]) for length in range(1, len(whole))]
    assert {fault.code for fault in faults} == {"ARC002"}
    snapshot("\n".join(sorted({fault.what for fault in faults})))


def test_a_second_member_cut_anywhere_is_truncated(refusal):
    first, second = member(b"one"), member(b"two", 31)
    assert {refusal(inflated, first + second[:length]).code for length in range(1, len(second))} == {"ARC002"}


@pytest.mark.parametrize("before", [b"", STORED], ids=["first member", "second member"])
def test_a_method_other_than_deflate_is_refused(before, expect_error):
    with expect_error("ARC003", f"byte {len(before) + 10}"):
        inflated(before + b"\x1f\x8b\x07" + member()[3:])


@pytest.mark.parametrize("flag", [32, 64, 128])
def test_a_reserved_flag_is_refused(flag, expect_error):
    with expect_error("ARC003", "byte 10"):
        inflated(member(flags=flag))


@pytest.mark.parametrize("flags", [FHCRC, FHCRC | FNAME, 31])
def test_a_wrong_header_checksum_is_refused(flags, refusal, snapshot):
    whole = member(b"", flags)
    right = struct.unpack("<H", whole[-12:-10])[0]
    assert inflated(member(b"", flags, head_crc=right)) == b""
    faults = [refusal(inflated, member(b"", flags, head_crc=right ^ 1 << bit)) for bit in range(16)]
    assert {(fault.code, fault.where) for fault in faults} == {("ARC004", f"byte {len(whole) - 10}")}
    snapshot("\n".join(sorted({fault.what for fault in faults})))


def test_a_wrong_checksum_is_refused(refusal, snapshot):
    faults = [refusal(inflated, member(crc=zlib.crc32(TEXT) ^ 1 << bit)) for bit in range(32)]
    assert {(fault.code, fault.where) for fault in faults} == {("ARC004", f"byte {len(member())}")}
    snapshot("\n".join(sorted({fault.what for fault in faults})))


def test_a_wrong_length_is_refused(refusal, snapshot):
    faults = [refusal(inflated, member(length=len(TEXT) ^ 1 << bit)) for bit in range(32)]
    assert {(fault.code, fault.where) for fault in faults} == {("ARC004", f"byte {len(member())}")}
    snapshot("\n".join(sorted({fault.what for fault in faults})))


def test_the_checksum_of_a_second_member_is_its_own(expect_error):
    data = member(b"one", level=0) + member(b"two", level=0, crc=zlib.crc32(b"onetwo"), length=6)
    with expect_error("ARC004", f"byte {len(data)}"):
        inflated(data)


@pytest.mark.parametrize(
    "body", [b"\x07", b"\x01\x05\x00\x00\x00hello", b"\xff" * 8], ids=["block type", "stored length", "all ones"]
)
def test_damaged_compressed_data_is_refused(body, expect_error):
    with expect_error("ARC003", "byte 10"):
        inflated(member(body=body + bytes(20)))


@pytest.mark.parametrize("cut", [1, 100, 2000])
def test_all_that_was_read_is_right_up_to_where_a_cut_shows(cut, expect_error):
    data = NOISE[:9000]
    whole = member(data)
    reader, taken = GzipReader(io.BytesIO(whole[:-cut]).read), []
    with expect_error("ARC002", f"byte {len(whole) - max(cut, TRAILER_BYTES)}", text=False):
        taken.extend(iter(lambda: reader.read(512), b""))
    assert data.startswith(b"".join(taken))


def test_a_refusal_says_at_which_byte(expect_error):
    with expect_error("ARC005", f"byte {len(STORED)}"):
        inflated(STORED + bytes([0, 0, 1]))


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
    body = b"".join(deflater.compress(piece) for _ in range(16)) + deflater.flush()
    crc = 0
    for _ in range(16):
        crc = zlib.crc32(piece, crc)
    data = member(b"", body=body, crc=crc, length=16 << 20)
    reader = GzipReader(io.BytesIO(data).read)
    tracemalloc.start()
    try:
        total = sum(iter(lambda: len(reader.read(1 << 18)), 0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 16 << 20
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


def test_a_header_with_its_own_checksum_admits_no_flipped_bit_at_all(refusal):
    whole, codes = member(b"", FHCRC | FNAME), set()
    for place, bit in itertools.product(range(len(whole) - 10), range(8)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << bit
        codes.add(refusal(inflated, bytes(flipped)).code)
    assert codes == {"ARC001", "ARC002", "ARC003", "ARC004"}


# --- what is bounded ---


@pytest.mark.parametrize("flag", [FNAME, FCOMMENT])
def test_a_name_or_a_comment_in_the_header_has_a_bound(flag, expect_error):
    whole = member(flags=flag)
    at = whole.index(b"\0", 10)
    assert inflated(whole[:at] + b"n" * 65_000 + whole[at:]) == TEXT
    with expect_error("ARC003", "byte 10"):
        inflated(whole[:at] + b"n" * 66_000 + whole[at:])


def test_a_member_that_goes_on_and_holds_nothing_is_refused(expect_error):
    nothing = b"\x00\x00\x00\xff\xff" * 300_000  # stored blocks of no bytes, none of them the last
    with expect_error("ARC003", f"byte {17 << 16}"):  # the first 64 KiB that end past the MiB
        inflated(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + nothing + b"\x01\x00\x00\xff\xff" + bytes(8))


def test_gzip_members_are_bounded_in_number(expect_error):
    one = member(b"x", level=0)
    reader = GzipReader(io.BytesIO(one + one).read)
    reader.members.extend([GzipMember(0, 0, 0, 0)] * (MEMBERS - 1))
    assert reader.read(1) == b"x"
    with expect_error("ARC020", f"byte {2 * len(one)}"):
        reader.read(1)


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
