"""A model with entries put before its own, without compressing anything again.

The new entries become stored deflate blocks, not final and ending at a byte; the model's deflate bytes follow as they
are; one trailer, whose CRC is combined of the two, ends what is one gzip member wherever the model was one. Of a model
of several members the first that holds anything is spliced, and the others follow as they are.

Sources: RFC 1951, 3.2.4; RFC 1952; for the CRC, crc32_combine of zlib (the matrix method in GF(2)).
"""

from __future__ import annotations

import struct
import zlib
from typing import Callable, Iterable, Iterator, List

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.inflate import DEFLATE, HEADER, PADDING, GzipReader
from stepsmith.container.archive.write import GZIP_HEADER, stored_blocks

_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
# What is held back of members that may be empty; nobody writes more of nothing.
_HELD_BYTES = 1 << 20


class Splice:
    """Writes a model with the tar blocks `head` before its own, while the model is read through `reader`."""

    def __init__(self, head: Iterable[bytes], source: Callable[[int], bytes], write: Callable[[bytes], object]) -> None:
        self.reader = GzipReader(source, self._take)
        self._write = write
        self._held: List[bytes] = []
        self._held_bytes = 0
        self._is_done = False
        self._crc, self._length = 0, 0
        write(GZIP_HEADER)
        for block in stored_blocks(self._counted(head)):
            write(block)

    def _counted(self, head: Iterable[bytes]) -> Iterator[bytes]:
        for data in head:
            self._crc, self._length = zlib.crc32(data, self._crc), self._length + len(data)
            yield data

    def _take(self, part: str, data: memoryview) -> None:
        """Takes each byte of the model as it is used."""
        if part == PADDING:
            return
        if self._is_done:
            self._write(bytes(data))
        elif part == HEADER:
            self._held, self._held_bytes = [], 0
        elif part == DEFLATE:
            self._hold(bytes(data))
        elif self.reader.length:
            (crc, _) = struct.unpack("<II", data)
            crc = crc32_combine(self._crc, crc, self.reader.length)
            self._write(struct.pack("<II", crc, (self._length + self.reader.length) & 0xFFFFFFFF))
            self._is_done = True

    def _hold(self, data: bytes) -> None:
        """Writes what is of a member that holds something, and holds back what may be of none."""
        self._held.append(data)
        self._held_bytes += len(data)
        if self.reader.length:
            self._write(b"".join(self._held))
            self._held, self._held_bytes = [], 0
        elif self._held_bytes > _HELD_BYTES:
            raise ArchiveFault("ARC003", "a gzip member goes on and on, and holds nothing")


def crc32_combine(first: int, second: int, length: int) -> int:
    """The CRC of two pieces of data, of the CRC of each and the length of the second.

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


def _product(one: int, other: int) -> int:
    """The product of two polynomials over GF(2), modulo that of the CRC; the highest bit is the power of 0."""
    product = 0
    for bit in range(31, -1, -1):
        if one >> bit & 1:
            product ^= other
        other = other >> 1 ^ (_POLYNOMIAL if other & 1 else 0)
    return product
