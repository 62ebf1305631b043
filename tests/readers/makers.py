"""The table of makers: each makes a model.tar.gz in its own way, with a tool of this machine or byte by byte.

Sources: RFC 1952 for the fields of a header and for several members, RFC 1951 for the kinds of blocks.
"""

from __future__ import annotations

import gzip
import io
import itertools
import struct
import tarfile
import zlib
from typing import TYPE_CHECKING, NamedTuple

from .processes import run
from .trees import LONG, MANY, SHORT, SPLIT, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

# What a reader may not be able to do; `readers` says which cannot.
NO_MAGIC = "a header without `ustar` in it"
MEMBERS = "several gzip members"
LONG_EXTRA = "an extra field of 64 KiB"


class Maker(NamedTuple):
    """One way to make an archive of `files`, with `tools`; it asks of a reader what it `needs`.

    `make(files, folder)` returns the archive; it may use the empty `folder`.
    """

    make: Callable[[Mapping[str, bytes], Path], bytes]
    tools: tuple[str, ...] = ()
    files: Mapping[str, bytes] = SHORT
    needs: frozenset[str] = frozenset()


# --- tar ---


def tar_command(*command: str) -> Callable[[Mapping[str, bytes], Path], bytes]:
    """What makes an archive of a folder with a tar of this machine."""

    def make(files, folder):
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (folder / "an empty folder").mkdir()
        return run([*command, "-czf", "-", "-C", folder, "."])

    return make


def python_tar(format_: int, mode: str = "w:") -> Callable[[Mapping[str, bytes], Path], bytes]:
    """What makes a tar with Python's tarfile."""

    def make(files, _):
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode=mode, format=format_, encoding="utf-8") as archive:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return target.getvalue()

    return make


TARS = {
    "GNU tar, gnu": Maker(tar_command("tar", "--format=gnu"), ("tar",), LONG),
    "GNU tar, oldgnu": Maker(tar_command("tar", "--format=oldgnu"), ("tar",), LONG),
    "GNU tar, pax": Maker(tar_command("tar", "--format=pax"), ("tar",), LONG),
    "GNU tar, ustar": Maker(tar_command("tar", "--format=ustar"), ("tar",), SPLIT),
    "GNU tar, v7": Maker(tar_command("tar", "--format=v7"), ("tar",), SHORT, frozenset({NO_MAGIC})),
    "bsdtar, pax": Maker(tar_command("bsdtar", "--format=pax"), ("bsdtar",), LONG),
    "bsdtar, gnutar": Maker(tar_command("bsdtar", "--format=gnutar"), ("bsdtar",), LONG),
    "bsdtar, ustar": Maker(tar_command("bsdtar", "--format=ustar"), ("bsdtar",), SPLIT),
    "bsdtar, v7": Maker(tar_command("bsdtar", "--format=v7tar"), ("bsdtar",), SHORT, frozenset({NO_MAGIC})),
    "busybox tar": Maker(tar_command("busybox", "tar"), ("busybox",), LONG),
    "tarfile, gnu": Maker(python_tar(tarfile.GNU_FORMAT, "w:gz"), (), LONG),
    "tarfile, pax": Maker(python_tar(tarfile.PAX_FORMAT, "w:gz"), (), LONG),
    "tarfile, ustar": Maker(python_tar(tarfile.USTAR_FORMAT, "w:gz"), (), SPLIT),
    "10,000 entries, GNU tar, gnu": Maker(tar_command("tar", "--format=gnu"), ("tar",), MANY),
    "10,000 entries, GNU tar, v7": Maker(tar_command("tar", "--format=v7"), ("tar",), MANY, frozenset({NO_MAGIC})),
    "10,000 entries, bsdtar, pax": Maker(tar_command("bsdtar", "--format=pax"), ("bsdtar",), MANY),
    "10,000 entries, tarfile, ustar": Maker(python_tar(tarfile.USTAR_FORMAT, "w:gz"), (), MANY),
}


# --- gzip ---


def compressed(compress: Callable[[bytes], bytes]) -> Callable[[Mapping[str, bytes], Path], bytes]:
    """What makes an archive of a plain tar with a function that compresses it."""
    return lambda files, folder: compress(python_tar(tarfile.GNU_FORMAT)(files, folder))


def filter_command(*command: str) -> Maker:
    """A compressor of this machine that reads the one standard stream and writes the other."""
    return Maker(compressed(lambda tar: run(command, tar)), command[:1])


def file_command(*command: str, in_place: bool = False) -> Maker:
    """A compressor of this machine that reads a file, or makes a better one of a gzip file in its place."""

    def make(files, folder):
        path = folder / "model"
        tar = python_tar(tarfile.GNU_FORMAT)(files, folder)
        path.write_bytes(gzip.compress(tar) if in_place else tar)
        written = run([*command, path])
        return path.read_bytes() if in_place else written

    return Maker(make, command[:1])


def deflate(data: bytes, level: int = 6, window: int = 15, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    """Deflate data of one go."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, -window, 8, strategy)
    return compressor.compress(data) + compressor.flush()


def flushed(data: bytes) -> bytes:
    """Deflate data with each kind of flush in it, that which ends inside a byte too."""
    kinds = (zlib.Z_PARTIAL_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_BLOCK)
    compressor = zlib.compressobj(6, zlib.DEFLATED, -15)
    pieces = (data[start : start + 10_001] for start in range(0, len(data), 10_001))
    parts = [compressor.compress(piece) + compressor.flush(kind) for piece, kind in zip(pieces, itertools.cycle(kinds))]
    return b"".join(parts) + compressor.flush()


def member(
    data: bytes,
    *,
    text: bool = False,
    extra: bytes | None = None,
    name: bytes | None = None,
    comment: bytes | None = None,
    checked: bool = False,
    deflated: Callable[[bytes], bytes] = deflate,
) -> bytes:
    """A gzip member whose header has the given fields."""
    flags = text | checked << 1 | (extra is not None) << 2 | (name is not None) << 3 | (comment is not None) << 4
    header = struct.pack("<3sBLBB", b"\x1f\x8b\x08", flags, 1_700_000_000, 0, 3)
    if extra is not None:
        header += struct.pack("<H", len(extra)) + extra
    header += b"".join(field + b"\0" for field in (name, comment) if field is not None)
    if checked:
        header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    return header + deflated(data) + struct.pack("<LL", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def fully_headed(data: bytes, extra_bytes: int = 100) -> bytes:
    """A gzip member whose header has every field, and so many bytes in the extra one."""
    extra = b"SM" + struct.pack("<H", extra_bytes - 4) + bytes(extra_bytes - 4)
    return member(data, text=True, extra=extra, name=b"mod\xe8le.tar", comment=b"two\nlines", checked=True)


def longest_headed(data: bytes) -> bytes:
    """A gzip member whose header has every field, the extra one as long as it can be."""
    return fully_headed(data, 65535)


def one_member(**fields) -> Maker:
    """A maker of one member, written byte by byte."""
    return Maker(compressed(lambda tar: member(tar, **fields)))


def zlib_with(**settings) -> Maker:
    """A maker of one member by zlib with these settings."""
    return one_member(deflated=lambda data: deflate(data, **settings))


GZIPS = {
    "gzip -1": filter_command("gzip", "-1", "-c"),
    "gzip -9": filter_command("gzip", "-9", "-c"),
    "pigz": filter_command("pigz", "-c"),
    "pigz, 4 threads, 128 KiB": filter_command("pigz", "-p", "4", "-b", "128", "-c"),
    "pigz, independent blocks": filter_command("pigz", "-p", "4", "-b", "128", "--independent", "-c"),
    "pigz -11": filter_command("pigz", "-11", "-I", "1", "-c"),
    "igzip -0": filter_command("igzip", "-0", "-c"),
    "igzip -3": filter_command("igzip", "-3", "-c"),
    "busybox gzip": filter_command("busybox", "gzip", "-c"),
    "zopfli": file_command("zopfli", "--i1", "-c"),
    "advdef": file_command("advdef", "-z", "-3", "-q", in_place=True),
    "7z": filter_command("7z", "a", "-tgzip", "-mx=7", "-si", "-so", "model"),
    "zlib, stored": zlib_with(level=0),
    "zlib, fixed Huffman": zlib_with(strategy=zlib.Z_FIXED),
    "zlib, Huffman only": zlib_with(strategy=zlib.Z_HUFFMAN_ONLY),
    "zlib, run lengths": zlib_with(strategy=zlib.Z_RLE),
    "zlib, window of 512 bytes": zlib_with(window=9),
    "zlib, flushed": one_member(deflated=flushed),
    "FTEXT": one_member(text=True),
    "FEXTRA": one_member(extra=b"SM\x04\x00\x1f\x8b\x08\x00"),
    "FEXTRA, empty": one_member(extra=b""),
    "FNAME": one_member(name=b"model.tar"),
    "FCOMMENT": one_member(comment=b"a model"),
    "FHCRC": one_member(checked=True),
    "every field": Maker(compressed(fully_headed)),
    "every field, the extra one of 64 KiB": Maker(compressed(longest_headed)),
}


# --- several members ---


def cut(tar: bytes, *places: int) -> list[bytes]:
    """The pieces of a tar that is cut at these places."""
    return [tar[start:end] for start, end in itertools.pairwise((0, *places, len(tar)))]


def of_members(split: Callable[[bytes], Iterable[bytes]], *needs: str, tools: tuple[str, ...] = ()) -> Maker:
    """A maker of the members that `split` makes of a tar, with `tools`; of a reader the package `needs` so much."""
    return Maker(compressed(lambda tar: b"".join(split(tar))), tools, needs=frozenset(needs))


def middle_of_a_file(tar: bytes) -> int:
    """Where the data of the largest file is half over."""
    return tar.index(WEIGHTS) + len(WEIGHTS) // 2


def bgzip_block(data: bytes) -> bytes:
    """A member as bgzip writes it, its size in an extra field."""
    size = len(member(data, extra=bytes(6)))
    return member(data, extra=b"BC\x02\x00" + struct.pack("<H", size - 1))


SEVERAL = {
    "two members, cut in a header": of_members(lambda tar: map(gzip.compress, cut(tar, 100)), MEMBERS),
    "two members, cut in a file": of_members(lambda tar: map(gzip.compress, cut(tar, middle_of_a_file(tar))), MEMBERS),
    "two members, cut between entries": of_members(
        lambda tar: map(gzip.compress, cut(tar, tar.index(WEIGHTS) - 512)), MEMBERS
    ),
    "two members, each with every field": of_members(
        lambda tar: map(fully_headed, cut(tar, middle_of_a_file(tar))), MEMBERS
    ),
    "two members, each with an extra field of 64 KiB": of_members(
        lambda tar: map(longest_headed, cut(tar, middle_of_a_file(tar))), MEMBERS, LONG_EXTRA
    ),
    # The package has no member that holds nothing before the code.
    "an empty first member": of_members(lambda tar: map(member, (b"", tar))),
    "an empty first member, and two": of_members(lambda tar: map(member, cut(tar, 0, middle_of_a_file(tar))), MEMBERS),
    "empty members between and last": of_members(lambda tar: map(member, (*cut(tar, 100, 100), b"", b"")), MEMBERS),
    "members of 4 KiB, as by bgzip": of_members(
        lambda tar: map(bgzip_block, cut(tar, *range(4096, len(tar), 4096))), MEMBERS
    ),
    "members by gzip, pigz and igzip": of_members(
        lambda tar: map(run, (["gzip", "-c"], ["pigz", "-c"], ["igzip", "-c"]), cut(tar, 100, middle_of_a_file(tar))),
        MEMBERS,
        tools=("gzip", "pigz", "igzip"),
    ),
    "zeros after the end": of_members(lambda tar: (gzip.compress(tar), bytes(512))),
}

MAKERS = TARS | GZIPS | SEVERAL
