"""A strict gzip reader: every header parsed, the CRC and the length of every member compared.

Source: RFC 1952. Python's own reader ignores reserved flags and the header's CRC, and stops where its caller stops.
"""

from __future__ import annotations

import struct
import zlib
from typing import Callable

from stepsmith.container.archive.faults import ArchiveFault

CHUNK_BYTES = 1 << 18
_FTEXT, _FHCRC, _FEXTRA, _FNAME, _FCOMMENT = 1, 2, 4, 8, 16
_RESERVED = 0xE0
_MAGIC = b"\x1f\x8b"
_DEFLATE = 8


class GzipReader:
    """The bytes inside a gzip file, of all its members one after another.

    `source(size)` returns the next compressed bytes, and none at the end. `read` returns none only after the last
    trailer was compared and what follows it was seen to be nothing, or zeros.
    """

    def __init__(self, source: Callable[[int], bytes]) -> None:
        self._source = source
        self._pending = b""
        self._taken = 0
        self._inflater = None  # type: zlib._Decompress | None
        self._started = False
        self._ended = False
        self._crc = 0
        self._length = 0

    @property
    def offset(self) -> int:
        """How many compressed bytes were used so far."""
        return self._taken - len(self._pending)

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`, at least one; none at the end.

        Raises: ArchiveFault when the file is not gzip, damaged, truncated, or followed by anything but zeros.
        """
        while not self._ended:
            if self._inflater is None:
                self._ended = not self._begin_member()
                continue
            data = self._inflate(size)
            if self._inflater.eof:
                self._end_member()
            if data:
                return data
        return b""

    def _inflate(self, size: int) -> bytes:
        assert self._inflater is not None  # noqa: S101 - `read` begins a member first
        if not self._pending and not self._fill():
            raise self._fault("ARC002", "truncated: the file ends inside the compressed data")
        try:
            data = self._inflater.decompress(self._pending, size)
        except zlib.error as error:
            raise self._fault("ARC003", "damaged gzip data ({})".format(error)) from None
        self._pending = self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail
        self._crc = zlib.crc32(data, self._crc)
        self._length += len(data)
        return data

    def _begin_member(self) -> bool:
        """Parses the next header; False where the file ends, or only zeros are left of it."""
        if not self._pending and not self._fill():
            if not self._started:
                raise self._fault("ARC001", "the file is empty")
            return False
        if self._started and self._pending[:1] == b"\0":
            self._skip_zeros()
            return False
        if self._pending[:1] == _MAGIC[:1] and len(self._pending) == 1:
            self._fill()
        if not _MAGIC.startswith(self._pending[:2]):
            if self._started:
                raise self._fault("ARC005", "data after the end of the gzip data")
            raise self._fault("ARC001", "not a gzip file (it begins with {!r})".format(self._pending[:2]))
        start = self._exactly(10, "header")
        if start[2] != _DEFLATE:
            raise self._fault("ARC003", "damaged gzip header (the method is not deflate)")
        self._read_optional_fields(start)
        self._inflater, self._started, self._crc, self._length = zlib.decompressobj(-15), True, 0, 0
        return True

    def _read_optional_fields(self, start: bytes) -> None:
        flags, header = start[3], start
        if flags & _RESERVED:
            raise self._fault("ARC003", "damaged gzip header (reserved flags are set)")
        if flags & _FEXTRA:
            length = self._exactly(2, "header")
            header += length + self._exactly(struct.unpack("<H", length)[0], "header")
        for flag in (_FNAME, _FCOMMENT):
            if flags & flag:
                header += self._text()
        if flags & _FHCRC:
            (written,) = struct.unpack("<H", self._exactly(2, "header"))
            if written != zlib.crc32(header) & 0xFFFF:
                raise self._fault("ARC004", "the gzip header's own checksum does not match")

    def _text(self) -> bytes:
        parts = []
        while True:
            if not self._pending and not self._fill():
                raise self._fault("ARC002", "truncated: the file ends inside the gzip header")
            text, zero, self._pending = self._pending.partition(b"\0")
            parts.append(text + zero)
            if zero:
                return b"".join(parts)

    def _end_member(self) -> None:
        crc, length = struct.unpack("<II", self._exactly(8, "trailer"))
        if crc != self._crc:
            raise self._fault("ARC004", "damaged: the gzip checksum does not match the data")
        if length != self._length & 0xFFFFFFFF:
            raise self._fault("ARC004", "damaged: the length in the gzip trailer does not match the data")
        self._inflater = None

    def _skip_zeros(self) -> None:
        while self._pending or self._fill():
            if self._pending.strip(b"\0"):
                raise self._fault("ARC005", "data after the end of the gzip data")
            self._pending = b""

    def _exactly(self, size: int, part: str) -> bytes:
        while len(self._pending) < size:
            if not self._fill():
                raise self._fault("ARC002", "truncated: the file ends inside the gzip {}".format(part))
        taken, self._pending = self._pending[:size], self._pending[size:]
        return taken

    def _fill(self) -> bool:
        more = self._source(CHUNK_BYTES)
        self._pending += more
        self._taken += len(more)
        return bool(more)

    def _fault(self, code: str, what: str) -> ArchiveFault:
        return ArchiveFault(code, what, "byte {}".format(self.offset))
