"""A strict gzip reader: every header parsed, the CRC and the length of every member compared.

Source: RFC 1952. Python's own reader ignores reserved flags and the header's CRC, and stops where its caller stops.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any, Callable, List, NamedTuple, Optional

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.limits import USUAL, Limits
from stepsmith.container.archive.zlib_backend import fastest_zlib

if TYPE_CHECKING:
    from types import ModuleType

CHUNK_BYTES = 1 << 18
# What is given to zlib at once, at least and at most: what it has not used it copies, so no more than it will use.
_LEAST_BYTES, _MOST_BYTES = 1 << 10, 1 << 16
# What is kept of each gzip member is bounded with these.
MEMBERS = 250_000
# Of a file's name and of a comment in a header; nobody writes more, and nobody more than this of nothing.
_TEXT_BYTES, _EMPTY_BYTES = 1 << 16, 1 << 20
# The parts of a gzip file, as they are handed on.
HEADER, DEFLATE, TRAILER, PADDING = "header", "deflate", "trailer", "padding"
_FTEXT, _FHCRC, _FEXTRA, _FNAME, _FCOMMENT = 1, 2, 4, 8, 16
_RESERVED = 0xE0
_MAGIC = b"\x1f\x8b"
_DEFLATE = 8
TRAILER_BYTES = 8


def trailer_of(crc: int, length: int) -> bytes:
    """The trailer of a gzip member that holds so many bytes of that CRC."""
    return struct.pack("<II", crc, length & 0xFFFFFFFF)


class GzipMember(NamedTuple):
    """A member of a gzip file: where its deflate data starts and ends, and the CRC and true length of what is in it."""

    deflate_start: int
    deflate_end: int
    crc: int
    length: int

    @property
    def trailer(self) -> bytes:
        """The eight bytes that follow the deflate data: the CRC, and the length as far as four bytes hold it."""
        return trailer_of(self.crc, self.length)

    def moved(self, by: int) -> GzipMember:
        """The same member `by` bytes further on."""
        return self._replace(deflate_start=self.deflate_start + by, deflate_end=self.deflate_end + by)


class GzipReader:
    """The bytes inside a gzip file, of all its members one after another.

    `source(size)` returns the next compressed bytes, and none at the end. `read` returns none only after the last
    trailer was compared and what follows it was seen to be nothing, or zeros. `hand_on(part, data)` is given each byte
    of the file as it is used, and of which part it is; `members` are those that have ended. What comes out is the same
    to the bit whatever `codec` inflates it: zlib, or a module that takes and refuses what zlib does.
    """

    def __init__(
        self,
        source: Callable[[int], bytes],
        hand_on: Optional[Callable[[str, memoryview], None]] = None,
        limits: Limits = USUAL,
        codec: Optional[ModuleType] = None,
    ) -> None:
        self._source, self._hand_on, self._limits = source, hand_on, limits
        self._codec = codec or fastest_zlib()
        self._chunk, self._at, self._handed = memoryview(b""), 0, 0
        self._taken = 0
        self._inflater: Any = None
        self._piece_bytes = _MOST_BYTES
        self._ended = False
        self._start = 0
        self._crc = 0
        self._length = 0
        self._ended_length = 0
        self.members: List[GzipMember] = []

    @property
    def offset(self) -> int:
        """How many compressed bytes were used so far."""
        return self._taken - len(self._chunk) + self._at

    @property
    def length(self) -> int:
        """How many bytes of the current member have come out so far."""
        return self._length

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
        if not self._left() and not self._fill():
            raise self._fault("ARC002", "truncated: the file ends inside the compressed data")
        piece = self._chunk[self._at : self._at + self._piece_bytes]
        try:
            data: bytes = self._inflater.decompress(piece, size)
        except self._codec.error as error:
            raise self._fault("ARC003", "damaged gzip data ({})".format(error)) from None
        rest = self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail
        self._crc = self._codec.crc32(data, self._crc)
        self._length += len(data)
        used = len(piece) - len(rest)
        self._piece_bytes = min(_MOST_BYTES, 2 * used + _LEAST_BYTES)
        self._at += used
        if not self._length and self.offset - self._start > _EMPTY_BYTES:
            raise self._fault("ARC003", "a gzip member goes on and on, and holds nothing")
        self._limits.refuse_bomb(self._ended_length + self._length, self.offset)
        return data

    def _begin_member(self) -> bool:
        """Parses the next header; False where the file ends, or only zeros are left of it."""
        if not self._left() and not self._fill():
            if not self.members:
                raise self._fault("ARC001", "the file is empty")
            return False
        if self.members and self._chunk[self._at] == 0:
            self._skip_zeros()
            return False
        while self._left() < len(_MAGIC) and self._fill():
            pass
        magic = bytes(self._chunk[self._at : self._at + len(_MAGIC)])
        if not _MAGIC.startswith(magic):
            if self.members:
                raise self._fault("ARC005", "data after the end of the gzip data")
            raise self._fault("ARC001", "not a gzip file (it begins with {!r})".format(magic))
        start = self._exactly(10, HEADER)
        if start[2] != _DEFLATE:
            raise self._fault("ARC003", "damaged gzip header (the method is not deflate)")
        self._read_optional_fields(start)
        self._inflater, self._crc, self._length = self._codec.decompressobj(-15), 0, 0
        self._start = self.offset
        return True

    def _read_optional_fields(self, start: bytes) -> None:
        flags, header = start[3], start
        if flags & _RESERVED:
            raise self._fault("ARC003", "damaged gzip header (reserved flags are set)")
        if flags & _FEXTRA:
            length = self._exactly(2, HEADER)
            header += length + self._exactly(struct.unpack("<H", length)[0], HEADER)
        for flag in (_FNAME, _FCOMMENT):
            if flags & flag:
                header += self._text()
        if flags & _FHCRC:
            (written,) = struct.unpack("<H", self._exactly(2, HEADER))
            if written != zlib.crc32(header) & 0xFFFF:
                raise self._fault("ARC004", "the gzip header's own checksum does not match")

    def _text(self) -> bytes:
        parts = []
        while True:
            if not self._left() and not self._fill():
                raise self._fault("ARC002", "truncated: the file ends inside the gzip header")
            text, zero, _ = bytes(self._chunk[self._at :]).partition(b"\0")
            parts.append(text + zero)
            if sum(map(len, parts)) > _TEXT_BYTES:
                raise self._fault("ARC003", "a gzip header with a name or comment of over {} bytes".format(_TEXT_BYTES))
            self._use(len(parts[-1]), HEADER)
            if zero:
                return b"".join(parts)

    def _end_member(self) -> None:
        self._hand(DEFLATE)
        end = self.offset
        crc, length = struct.unpack("<II", self._exactly(TRAILER_BYTES, TRAILER))
        if crc != self._crc:
            raise self._fault("ARC004", "damaged: the gzip checksum does not match the data")
        if length != self._length & 0xFFFFFFFF:
            raise self._fault("ARC004", "damaged: the length in the gzip trailer does not match the data")
        self.members.append(GzipMember(self._start, end, self._crc, self._length))
        if len(self.members) > MEMBERS:
            raise self._fault("ARC020", "the file has over {:,} gzip members".format(MEMBERS))
        self._ended_length += self._length
        self._inflater = None

    def _skip_zeros(self) -> None:
        while self._left() or self._fill():
            if bytes(self._chunk[self._at :]).strip(b"\0"):
                raise self._fault("ARC005", "data after the end of the gzip data")
            self._use(self._left(), PADDING)

    def _exactly(self, size: int, part: str) -> bytes:
        while self._left() < size:
            if not self._fill():
                raise self._fault("ARC002", "truncated: the file ends inside the gzip {}".format(part))
        consumed = bytes(self._chunk[self._at : self._at + size])
        self._use(size, part)
        return consumed

    def _left(self) -> int:
        return len(self._chunk) - self._at

    def _use(self, size: int, part: str) -> None:
        self._at += size
        self._hand(part)

    def _hand(self, part: str) -> None:
        """Hands on what was used, and was not handed on: of deflate data, as much at once as was read."""
        if self._hand_on is not None and self._handed < self._at:
            self._hand_on(part, self._chunk[self._handed : self._at])
        self._handed = self._at

    def _fill(self) -> bool:
        if self._inflater is not None:
            self._hand(DEFLATE)
        more = self._source(CHUNK_BYTES)
        remaining = self._chunk[self._at :]
        self._chunk, self._at, self._handed = memoryview(bytes(remaining) + more if len(remaining) else more), 0, 0
        self._taken += len(more)
        return bool(more)

    def _fault(self, code: str, message: str) -> ArchiveFault:
        return ArchiveFault(code, message, "byte {}".format(self.offset))
