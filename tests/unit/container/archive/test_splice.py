"""Entries put before a model's own: the result is read by zlib, and byte for byte where it has to be."""

from __future__ import annotations

import gzip
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepsmith.container.archive.splice import Splice, crc32_combine
from stepsmith.container.archive.write import GZIP_HEADER, entry_blocks, entry_of_bytes

ENTRIES = [entry_of_bytes("code/inference.py", b"the head, " * 20_000), entry_of_bytes("code/requirements.txt", b"")]
HEAD = b"".join(chunk for entry in ENTRIES for chunk in entry_blocks(entry))
BODY = b"the model's own, " * 30_000


def member(data, level=9, name=""):
    file = io.BytesIO()
    with gzip.GzipFile(name, "wb", level, file, mtime=0) as opened:
        opened.write(data)
    return file.getvalue()


def deflated(whole):
    """The deflate data of a gzip member with a plain header."""
    return whole[10:-8]


def spliced(model, step=1 << 16):
    """The bytes of a splice, and how many gzip members its model has."""
    written, source = [], io.BytesIO(model)
    splice = Splice(ENTRIES, lambda size: source.read(min(size, step)), written.append)
    while splice.reader.read(1 << 16):
        pass
    return b"".join(written), len(splice.reader.members)


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("step", [1, 13, 1 << 16])
def test_the_model_s_deflate_data_is_in_the_splice_as_it_is(level, step):
    model = member({1: BODY[:2000], 13: BODY[:60_000]}.get(step, BODY), level)
    whole, members = spliced(model, step)
    assert members == 1
    assert whole.startswith(GZIP_HEADER)
    assert whole[:-8].endswith(deflated(model))
    assert gzip.decompress(whole) == HEAD + gzip.decompress(model)


def test_a_splice_is_one_member_where_its_model_is_one():
    reader = zlib.decompressobj(31)
    assert reader.decompress(spliced(member(BODY))[0]) == HEAD + BODY
    assert (reader.eof, reader.unused_data) == (True, b"")


def test_the_first_member_that_holds_anything_is_spliced_and_the_others_follow_as_they_are():
    last = member(b"last", name="last.tar")
    whole, members = spliced(member(b"") + member(b"", 0) + member(BODY) + last)
    assert members == 4
    assert whole.endswith(last)
    assert gzip.decompress(whole) == HEAD + BODY + b"last"
    reader = zlib.decompressobj(31)
    assert reader.decompress(whole) == HEAD + BODY
    assert reader.unused_data == last


def test_zeros_after_the_model_are_left_out():
    assert spliced(member(BODY) + bytes(5000))[0] == spliced(member(BODY))[0]


@given(st.binary(), st.binary())
def test_the_crc_of_two_pieces_is_that_of_both_together(one, other):
    assert crc32_combine(zlib.crc32(one), zlib.crc32(other), len(other)) == zlib.crc32(one + other)


crcs, lengths = st.integers(0, 2**32 - 1), st.integers(0, 2**44)


@given(crcs, crcs, crcs, lengths, lengths)
def test_pieces_of_any_length_are_combined_in_any_grouping(one, two, three, of_two, of_three):
    left = crc32_combine(crc32_combine(one, two, of_two), three, of_three)
    assert left == crc32_combine(one, crc32_combine(two, three, of_three), of_two + of_three)
