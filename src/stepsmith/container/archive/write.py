"""Archives whose bytes depend on nothing but their entries: no time, no owner, sorted, one header form.

Compressed data is written as stored deflate blocks (RFC 1951, 3.2.4), so that the bytes depend on no zlib and cost a
copy.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import tarfile
import zlib
from typing import Iterable, Iterator, List, NamedTuple

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.headers import BLOCK_BYTES
from stepsmith.container.archive.inflate import trailer_of
from stepsmith.container.archive.names import normal_name

CHUNK_BYTES = 1 << 20
END_OF_ARCHIVE = bytes(2 * BLOCK_BYTES)
_STORED_BYTES = 65535
# Deflate, no flags, no time, no extra flags, unknown system.
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
# What lies in a folder of code or of a model by accident, and differs from machine to machine.
LEFT_OUT = (
    "__pycache__",
    ".git",
    ".stepsmith",
    ".venv",
    ".env",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".DS_Store",
)


class ArchiveEntry(NamedTuple):
    """One file to put into an archive: its name there, and its bytes, from `path` or else `content`."""

    name: str
    size_bytes: int
    path: str = ""
    content: bytes = b""
    executable: bool = False

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file. Raises: ArchiveFault when they are not as many as said."""
        remaining_bytes = self.size_bytes
        try:
            with open(self.path, "rb") if self.path else io.BytesIO(self.content) as file:
                for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
                    remaining_bytes -= len(chunk)
                    if remaining_bytes < 0:
                        break
                    yield chunk
        except OSError as error:
            raise _cannot(self.path, "cannot be read: {}".format(error.strerror)) from None
        if remaining_bytes:
            raise ArchiveFault("ARC016", "the file changed while it was read", self.path or self.name)


def entry_of_bytes(name: str, content: bytes) -> ArchiveEntry:
    """An entry that holds `content`."""
    return ArchiveEntry(name, len(content), content=content)


def entry_of_file(name: str, path: str) -> ArchiveEntry:
    """An entry for the file at `path`, a link to it followed.

    Raises: ArchiveFault when it cannot be read, is no file, or has no name that an archive may hold.
    """
    try:
        status = os.stat(path)
    except OSError as error:
        raise _cannot(path, "cannot be read: {}".format(error.strerror)) from None
    if not stat.S_ISREG(status.st_mode):
        raise _cannot(path, "is neither a file nor a folder")
    normal_name(os.fsencode(name))
    return ArchiveEntry(name, status.st_size, path, executable=bool(status.st_mode & 0o100))


def entries_of_folder(folder: str) -> List[ArchiveEntry]:
    """An entry for every file below `folder`, sorted by name, links to files followed.

    Raises: ArchiveFault when it holds no file, or something that is neither file nor folder, or a link to a folder or
    to nothing: left out without a word, a part of a model would be missing.
    """
    entries = []
    for place, folders, files in os.walk(folder, onerror=_refuse_unreadable):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        for name in folders:
            if os.path.islink(os.path.join(place, name)):
                raise _cannot(os.path.join(place, name), "is a link to a folder; put the folder itself there")
        wanted = (name for name in files if name not in LEFT_OUT and not name.endswith(".pyc"))
        paths = [os.path.join(place, name) for name in wanted]
        entries += [entry_of_file(os.path.relpath(path, folder).replace(os.sep, "/"), path) for path in paths]
    if not entries:
        raise ArchiveFault("ARC011", "the folder holds no file", folder)
    return sorted(entries)


def archive_chunks(entries: Iterable[ArchiveEntry], compress: bool = False) -> Iterator[bytes]:  # noqa: FBT001, FBT002 - a keyword
    """The bytes of a model.tar.gz with these entries; `compress` deflates, on this machine's terms."""
    return gzip_chunks(Counted(tar_chunks(entries)), compress)


def tar_chunks(entries: Iterable[ArchiveEntry]) -> Iterator[bytes]:
    """The bytes of a tar with these entries, end-of-archive blocks included."""
    for entry in entries:
        for chunk in entry_blocks(entry):
            yield chunk
    yield END_OF_ARCHIVE


def entry_blocks(entry: ArchiveEntry) -> Iterator[bytes]:
    """The bytes of one entry in a tar: header, data, and zeros up to a whole block."""
    yield header(entry)
    for chunk in entry.chunks():
        yield chunk
    yield bytes(-entry.size_bytes % BLOCK_BYTES)


def mode_of(entry: ArchiveEntry) -> int:
    """The mode of an entry: that of a file which all may read, and its owner change, and all run where it is run."""
    return 0o755 if entry.executable else 0o644


def header(entry: ArchiveEntry) -> bytes:
    """The header blocks of an entry: pax, mode 0644 or 0755, no owner, no time."""
    info = tarfile.TarInfo(entry.name)
    info.size = entry.size_bytes
    info.mode = mode_of(entry)
    info.mtime = 0
    blocks = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
    # An extended header, where there is one, stands first, and the entry's own stands last.
    first, between, last = blocks[:BLOCK_BYTES], blocks[BLOCK_BYTES:-BLOCK_BYTES], blocks[-BLOCK_BYTES:]
    if len(blocks) == BLOCK_BYTES:
        return _without_device(last)
    return _without_device(first) + between + _without_device(last)


def _without_device(block: bytes) -> bytes:
    """A header block without device numbers, which tarfile writes on Python 3.8 and leaves out later."""
    bare = block[:148] + b" " * 8 + block[156:329] + bytes(16) + block[345:]
    return bare[:148] + b"%06o\0 " % sum(bare) + bare[156:]


class Counted:
    """Chunks of bytes to be taken one by one; when all are, their CRC and length are known."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.crc, self.length = 0, 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.crc, self.length = zlib.crc32(chunk, self.crc), self.length + len(chunk)
            yield chunk


def gzip_chunks(chunks: Counted, compress: bool = False) -> Iterator[bytes]:  # noqa: FBT001, FBT002 - a keyword
    """One gzip member that holds the bytes of `chunks`."""
    yield GZIP_HEADER
    for block in _deflated(chunks) if compress else stored_blocks(chunks, last=True):
        yield block
    yield trailer_of(chunks.crc, chunks.length)


def stored_blocks(chunks: Iterable[bytes], last: bool = False) -> Iterator[bytes]:  # noqa: FBT001, FBT002 - a keyword
    """The bytes of `chunks` as stored deflate blocks; with `last` they are the whole of the deflate data."""
    pending = b""
    for chunk in chunks:
        pending += chunk
        whole = len(pending) // _STORED_BYTES * _STORED_BYTES
        for start in range(0, whole, _STORED_BYTES):
            yield _stored(pending[start : start + _STORED_BYTES], last=False)
        pending = pending[whole:]
    if pending or last:
        yield _stored(pending, last)


def _deflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    for chunk in chunks:
        yield deflater.compress(chunk)
    yield deflater.flush()


def _stored(data: bytes, last: bool) -> bytes:  # noqa: FBT001 - a private flag
    return struct.pack("<BHH", last, len(data), len(data) ^ 0xFFFF) + data


def _refuse_unreadable(error: OSError) -> None:
    raise _cannot(str(error.filename), "cannot be read: {}".format(error.strerror))


def _cannot(path: str, why: str) -> ArchiveFault:
    return ArchiveFault("ARC019", why, path)
