"""A strict walk through a tar: every header's checksum, every name, and the end-of-archive blocks.

Python's reader takes a damaged header for the end of the archive.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, Optional, Tuple

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.headers import (
    BLOCK_BYTES,
    EXTENDED_KINDS,
    Extended,
    Member,
    check_block,
    member_of,
    number,
    printable_name,
)
from stepsmith.container.archive.names import Names

# What is asked for at once: so little that memory for it is not given back and asked for again each time.
CHUNK_BYTES = 1 << 16
EXTENDED_BYTES = 65536
# Several extended headers may stand before an entry: so much they may be in all.
HEADERS_BYTES = 1 << 18
# And so much those of all entries: reading them takes a hundred times as long as skipping data.
ALL_HEADERS_BYTES = 1 << 28
_ZEROS = bytes(BLOCK_BYTES)


class TarWalk:
    """The members of a tar that `read(size)` gives the bytes of.

    Iterate over it; `body()` yields the current member's data with its padding to whole blocks, and what is not read of
    it is skipped; `headers` are the current member's header blocks as they were read, extended ones among them. After
    the last member the stream was seen to end with end-of-archive blocks and nothing but zeros. With `links` those to
    files that the archive holds itself are members too. Every name is added to `names`, which may hold others.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        links: bool = False,  # noqa: FBT001, FBT002 - of Limits
        names: Optional[Names] = None,
    ) -> None:
        self._read, self._links = read, links
        self._names = names or Names()
        self.headers = b""
        self._headers_bytes = 0
        self._buffer = b""
        self._at = 0
        self._position = 0
        self._left = 0

    def __iter__(self) -> Iterator[Member]:
        links: Dict[str, str] = {}
        while True:
            self._skip()
            member = self._next()
            if member is None:
                break
            if member.is_hard_link:
                self._refuse_no_file(member.name, member.link, links)
            elif member.link:
                links[member.name] = member.link
            self._names.add(member.name, member.is_directory, member.link)
            self._left = -(-member.size_bytes // BLOCK_BYTES) * BLOCK_BYTES
            yield member
        for name, target in links.items():
            self._refuse_no_file(name, target, links)

    def body(self) -> Iterator[bytes]:
        """What is left of the current member's data, padded with zeros to whole blocks, in chunks."""
        while self._left:
            chunk = self._some(min(self._left, CHUNK_BYTES))
            self._left -= len(chunk)
            yield chunk

    def _skip(self) -> None:
        while self._left:
            if self._at == len(self._buffer):
                self._more()
            step = min(self._left, len(self._buffer) - self._at)
            self._left, self._at, self._position = self._left - step, self._at + step, self._position + step

    def _next(self) -> Optional[Member]:
        self.headers, extended = b"", Extended()
        while True:
            block = self._exactly(BLOCK_BYTES, "ARC007", "the tar ends without end-of-archive blocks")
            if block == _ZEROS:
                if self.headers:
                    raise self._fault("ARC006", "an extended header belongs to no entry")
                self._expect_end()
                return None
            self.headers += block
            try:
                check_block(block)
                kind = block[156:157]
                if kind not in EXTENDED_KINDS:
                    return member_of(block, extended, self._links)
                data, padded = self._extended_data(block)
                extended.take(kind, data)
            except ArchiveFault as fault:
                if fault.where:
                    raise
                raise self._fault(fault.code, fault.what) from None
            self.headers += padded
            self._headers_bytes += len(padded)
            if len(self.headers) > HEADERS_BYTES or self._headers_bytes > ALL_HEADERS_BYTES:
                message = "an entry has over {:,} bytes of headers, or all have over {:,} of extended ones"
                raise self._fault("ARC020", message.format(HEADERS_BYTES, ALL_HEADERS_BYTES))

    def _extended_data(self, block: bytes) -> Tuple[bytes, bytes]:
        size = number(block[124:136], "size")
        if size > EXTENDED_BYTES:
            raise self._fault("ARC006", "an extended header is over {} bytes long".format(EXTENDED_BYTES))
        padded = self._exactly(-(-size // BLOCK_BYTES) * BLOCK_BYTES, "ARC002", "truncated inside a header")
        if padded[size:].strip(b"\0"):
            raise self._fault("ARC006", "an extended header goes on in what should be its padding")
        return padded[:size], padded

    def _refuse_no_file(self, name: str, target: str, links: Dict[str, str]) -> None:
        if target in links or not self._names.has_file(target):
            message = "it is a link to {!r}, which is no file of the archive".format(target)
            raise ArchiveFault("ARC009", message, printable_name(name.encode("utf-8")))

    def _expect_end(self) -> None:
        second = self._exactly(BLOCK_BYTES, "ARC007", "the tar ends with one end-of-archive block; two belong there")
        while second:
            if second.strip(b"\0"):
                raise self._fault("ARC005", "data after the end of the tar")
            second = self._some(CHUNK_BYTES, at_end=True)

    def _exactly(self, size: int, code: str, message: str) -> bytes:
        parts = []
        while size:
            part = self._some(size, at_end=True)
            if not part:
                raise self._fault(code, message)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _some(self, size: int, at_end: bool = False) -> bytes:  # noqa: FBT001, FBT002 - a private flag
        if self._at == len(self._buffer):
            self._more(at_end)
        part = self._buffer[self._at : self._at + size]
        self._at += len(part)
        self._position += len(part)
        return part

    def _more(self, at_end: bool = False) -> None:  # noqa: FBT001, FBT002 - a private flag
        self._buffer, self._at = self._read(CHUNK_BYTES), 0
        if not self._buffer and not at_end:
            raise self._fault("ARC002", "truncated: the tar ends inside an entry's data")

    def _fault(self, code: str, message: str) -> ArchiveFault:
        return ArchiveFault(code, message, "tar byte {}".format(self._position))
