"""A model with entries put before its own, without compressing anything again.

The new entries become stored deflate blocks, not final and ending at a byte; the model's deflate bytes follow as they
are; one trailer, whose CRC is combined of the two, ends what is one gzip member wherever the model was one. Of a model
of several members the first that holds anything is spliced, and the others follow as they are.

Sources: RFC 1951, 3.2.4; RFC 1952; for the CRC, crc32_combine of zlib (the matrix method in GF(2)).
"""

from __future__ import annotations

import struct
from itertools import chain
from typing import TYPE_CHECKING, Callable, Iterator, List, NamedTuple, Sequence, Tuple

from stepsmith.container.archive.inflate import DEFLATE, HEADER, PADDING, TRAILER_BYTES, GzipMember, GzipReader
from stepsmith.container.archive.limits import USUAL, Limits
from stepsmith.container.archive.write import GZIP_HEADER, ArchiveEntry, Counted, entry_blocks, stored_blocks

if TYPE_CHECKING:
    from stepsmith.container.archive.workers import Data

_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31


class Head:
    """What stands before a model's own deflate data in a splice: a gzip header, and the entries in stored blocks."""

    def __init__(self, entries: Sequence[ArchiveEntry]) -> None:
        self._entries = entries
        self._counted = Counted(())
        self.size_bytes = 0

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the head; when they are all taken, `size_bytes` and `member` are those of all."""
        self._counted, self.size_bytes = Counted(block for entry in self._entries for block in entry_blocks(entry)), 0
        for chunk in chain([GZIP_HEADER], stored_blocks(self._counted)):
            self.size_bytes += len(chunk)
            yield chunk

    def member(self, kept_member: GzipMember) -> GzipMember:
        """The gzip member that the head and the deflate data of a model's member make."""
        end = self.size_bytes + kept_member.deflate_end - kept_member.deflate_start
        crc = crc32_combine(self._counted.crc, kept_member.crc, kept_member.length)
        return GzipMember(len(GZIP_HEADER), end, crc, self._counted.length + kept_member.length)


class Kept(NamedTuple):
    """What a splice keeps of its model's bytes: the deflate data of one gzip member, and all members after it."""

    member: GzipMember
    rest_start: int
    rest_end: int


def kept_of(members: Sequence[GzipMember]) -> Kept:
    """What a splice keeps of a model with these gzip members: the first that holds anything, and those after it."""
    member = next(member for member in members if member.length)
    return Kept(member, member.deflate_end + TRAILER_BYTES, members[-1].deflate_end + TRAILER_BYTES)


def members_of_splice(head: Head, members: Sequence[GzipMember]) -> Tuple[GzipMember, ...]:
    """The gzip members of the splice of a model with these, where they then are."""
    kept_member = kept_of(members).member
    first = head.member(kept_member)
    moved = first.deflate_end - kept_member.deflate_end
    return (first, *(item.moved(moved) for item in members[members.index(kept_member) + 1 :]))


class Splice:
    """Writes a model with `entries` before its own, while the model is read through `reader`."""

    def __init__(
        self,
        entries: Sequence[ArchiveEntry],
        source: Callable[[int], bytes],
        write: Callable[[Data], object],
        limits: Limits = USUAL,
    ) -> None:
        self.reader = GzipReader(source, self._take, limits)
        self._write = write
        self._held: List[memoryview] = []
        self._is_done = False
        self.head = Head(entries)
        for block in self.head.chunks():
            write(block)

    def _take(self, part: str, data: memoryview) -> None:
        """Takes each byte of the model as it is used."""
        if part == PADDING:
            return
        if self._is_done:
            self._write(data)
        elif part == HEADER:
            self._held = []
        elif part == DEFLATE:
            self._hold(data)
        elif self.reader.length:
            (crc, _) = struct.unpack("<II", data)
            self._write(self.head.member(GzipMember(0, 0, crc, self.reader.length)).trailer)
            self._is_done = True

    def _hold(self, data: memoryview) -> None:
        """Writes what is of a member that holds something, and holds back what may be of none."""
        self._held.append(data)
        if self.reader.length:
            for piece in self._held:
                self._write(piece)
            self._held = []


def crc32_combine(first: int, second: int, length: int) -> int:
    """The CRC of two pieces of data, of the CRC of each and the length of the second.

    >>> import zlib
    >>> crc32_combine(zlib.crc32(b"ab"), zlib.crc32(b"cde"), 3) == zlib.crc32(b"abcde")
    True
    """
    power, shift = _ONE, 1 << 30  # x to the power of 0, and of 1
    for _ in range(3):  # a byte is eight powers of x
        shift = _product(shift, shift)
    while length:
        if length & 1:
            power = _product(shift, power)
        shift = _product(shift, shift)
        length >>= 1
    return _product(power, first) ^ second


def _product(first: int, other: int) -> int:
    """The product of two polynomials over GF(2), modulo that of the CRC; the highest bit is the power of 0."""
    product = 0
    for bit in range(31, -1, -1):
        if first >> bit & 1:
            product ^= other
        other = other >> 1 ^ (_POLYNOMIAL if other & 1 else 0)
    return product
