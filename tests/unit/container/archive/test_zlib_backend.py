"""Whichever zlib inflates, the same is read, and the same is refused."""

from __future__ import annotations

import io
import subprocess
import sys
import zlib

import pytest

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.inflate import GzipReader
from stepsmith.container.archive.zlib_backend import fastest_zlib


def found(data, codec):
    """What a reader makes of the bytes of a gzip file: its contents and members, or the code of the refusal."""
    reader = GzipReader(io.BytesIO(data).read, codec=codec)
    try:
        return b"".join(iter(lambda: reader.read(1 << 16), b"")), reader.members
    except ArchiveFault as fault:
        return fault.code


def gzip_member(data, level=9, strategy=zlib.Z_DEFAULT_STRATEGY):
    deflater = zlib.compressobj(level, zlib.DEFLATED, 31, 8, strategy)
    return deflater.compress(data) + deflater.flush()


def test_zlib_ng_is_the_fastest_where_it_is_installed():
    assert fastest_zlib() is pytest.importorskip("zlib_ng.zlib_ng")


def test_the_standard_library_s_zlib_is_the_fastest_where_nothing_is_installed(shipped):
    code = "from stepsmith.container.archive.zlib_backend import fastest_zlib; print(fastest_zlib().__name__)"
    said = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=shipped, capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout == "zlib\n"


@pytest.mark.parametrize(
    "strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY], ids=["", "fixed", "huffman"]
)
@pytest.mark.parametrize("level", [0, 1, 9])
def test_what_one_reads_and_refuses_of_every_flipped_bit_so_does_the_other(level, strategy):
    codec = pytest.importorskip("zlib_ng.zlib_ng")
    whole = gzip_member(b"layers.0.weight, layers.0.bias, layers.1.weight, " + bytes(range(256)), level, strategy)
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        assert found(bytes(flipped), codec) == found(bytes(flipped), zlib), f"bit {bit}"


def test_what_one_reads_of_large_data_so_does_the_other():
    codec = pytest.importorskip("zlib_ng.zlib_ng")
    data = b"".join(number.to_bytes(4, "little") * (number % 7) for number in range(100_000))
    whole = gzip_member(data, 6) + gzip_member(b"") + gzip_member(data[:70_000], 1) + bytes(30)
    assert found(whole, codec) == found(whole, zlib) == (data + data[:70_000], found(whole, zlib)[1])
