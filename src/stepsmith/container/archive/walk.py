"""A strict walk through a tar: every header's checksum, every name, and the end-of-archive blocks.

Source: POSIX.1-2017 pax (ustar and extended headers), and GNU tar's long names and base-256 numbers. Python's reader
takes a damaged header for the end of the archive.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, NamedTuple, Optional, Set, Tuple

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.names import folded, normal_name

BLOCK_BYTES = 512
CHUNK_BYTES = 1 << 18
EXTENDED_BYTES = 65536
# What is kept of every member is bounded with these.
ENTRIES = 100_000
HEADER_BYTES = 1 << 28
# Set user, set group and sticky: what a file does with them is for whoever runs it, and no part of a model.
_PRIVILEGES = 0o7000
_DIGITS = 19
_OCTAL = frozenset(b"01234567")
_ZEROS = bytes(BLOCK_BYTES)
_FILE_TYPES = (b"0", b"\0", b"7")
_REFUSED = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a FIFO",
    b"S": "a sparse file",
}


class Member(NamedTuple):
    """One file or directory of a tar; `headers` are its header blocks as they were read, extended ones among them."""

    name: str
    size_bytes: int
    is_directory: bool
    headers: bytes


class TarWalk:
    """The members of a tar that `read(size)` gives the bytes of.

    Iterate over it; `body()` yields the current member's data with its padding to whole blocks, and what is not read of
    it is skipped. After the last member the stream was seen to end with end-of-archive blocks and nothing but zeros.
    """

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._buffer = b""
        self._at = 0
        self._position = 0
        self._left = 0

    def __iter__(self) -> Iterator[Member]:
        names = Names()
        while True:
            for _ in self.body():
                pass
            member = self._next()
            if member is None:
                return
            names.add(member)
            yield member

    def body(self) -> Iterator[bytes]:
        """What is left of the current member's data, padded with zeros to whole blocks, in chunks."""
        while self._left:
            chunk = self._some(min(self._left, CHUNK_BYTES))
            self._left -= len(chunk)
            yield chunk

    def _next(self) -> Optional[Member]:
        headers, extended = b"", {}  # type: Tuple[bytes, Dict[str, bytes]]
        while True:
            block = self._exactly(BLOCK_BYTES, "ARC007", "the tar ends without end-of-archive blocks")
            if block == _ZEROS:
                if headers:
                    raise self._fault("ARC006", "an extended header belongs to no entry")
                self._expect_end()
                return None
            self._compare_checksum(block)
            headers += block
            kind = block[156:157]
            if kind in (b"x", b"g", b"L", b"K"):
                data = self._extended_data(block)
                headers += data[1]
                self._take_extended(kind, data[0], extended)
                continue
            return self._member(block, kind, headers, extended)

    def _member(self, block: bytes, kind: bytes, headers: bytes, extended: Dict[str, bytes]) -> Optional[Member]:
        raw = extended.get("path") or _raw_name(block)
        shown = "entry " + repr(raw[:200].decode("utf-8", "backslashreplace"))
        if kind not in _FILE_TYPES and kind != b"5":
            what = _REFUSED.get(kind, "of unknown type {!r}".format(kind.decode("latin-1")))
            raise ArchiveFault("ARC009", "it is {}; only files and directories are admitted".format(what), shown)
        if any(key.startswith("GNU.sparse") for key in extended):
            raise ArchiveFault("ARC009", "it is a sparse file; only files and directories are admitted", shown)
        if block[257:263] != b"ustar\0" and block[345:500].strip(b"\0"):
            raise self._fault("ARC006", "a header holds a prefix that only some readers take for a part of the name")
        is_directory = kind == b"5" or (kind != b"7" and raw.endswith(b"/"))
        name = normal_name(raw)
        size = self._number(block[124:136], "size")
        if "size" in extended:
            size = _decimal(extended["size"], shown)
        if not is_directory and self._number(block[100:108], "mode") & _PRIVILEGES:
            raise ArchiveFault("ARC021", "it is a file that runs as another user (setuid, setgid or sticky)", shown)
        if is_directory and size:
            raise ArchiveFault("ARC006", "a directory claims to hold data", shown)
        if not name and not is_directory:
            raise ArchiveFault("ARC008", "a file has the name of the archive's root", shown)
        self._left = -(-size // BLOCK_BYTES) * BLOCK_BYTES
        return Member(name, size, is_directory, headers)

    def _extended_data(self, block: bytes) -> Tuple[bytes, bytes]:
        size = self._number(block[124:136], "size")
        if size > EXTENDED_BYTES:
            raise self._fault("ARC006", "an extended header is over {} bytes long".format(EXTENDED_BYTES))
        padded = self._exactly(-(-size // BLOCK_BYTES) * BLOCK_BYTES, "ARC002", "truncated inside a header")
        return padded[:size], padded

    def _take_extended(self, kind: bytes, data: bytes, extended: Dict[str, bytes]) -> None:
        if kind == b"L":
            self._add({"path": data.rstrip(b"\0")}, extended)
        elif kind in (b"x", b"g"):
            records = self._pax_records(data)
            if kind == b"g" and any(key in ("path", "size") or key.startswith("GNU.sparse") for key in records):
                raise self._fault("ARC006", "a global header sets a path or a size for all entries")
            if kind == b"x":
                self._add(records, extended)

    def _add(self, records: Dict[str, bytes], extended: Dict[str, bytes]) -> None:
        if {"path", "size"} & set(records) & set(extended):
            raise self._fault("ARC006", "two extended headers name one entry")
        extended.update(records)

    def _pax_records(self, data: bytes) -> Dict[str, bytes]:
        records = {}
        while data:
            length, _, _ = data.partition(b" ")
            size = int(length) if length.isdigit() and len(length) <= _DIGITS else 0
            record, data = data[:size], data[size:]
            key, equals, value = record[len(length) + 1 : -1].partition(b"=")
            if not equals or len(record) != size or record[-1:] != b"\n":
                raise self._fault("ARC006", "a damaged pax header")
            records[key.decode("utf-8", "replace")] = value
        return records

    def _compare_checksum(self, block: bytes) -> None:
        unsigned = sum(block) - sum(block[148:156]) + 8 * 32
        signed = unsigned - 256 * sum(byte >> 7 for byte in block[:148] + block[156:])
        if self._number(block[148:156], "checksum") not in (unsigned, signed):
            raise self._fault("ARC006", "not a tar, or a damaged header (its checksum does not match)")

    def _number(self, field: bytes, what: str) -> int:
        if field[0] & 0x80:
            return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        text = field.strip(b" \0")
        if not set(text) <= _OCTAL:
            raise self._fault("ARC006", "not a tar, or a damaged header (its {} is no number)".format(what))
        return int(text or b"0", 8)

    def _expect_end(self) -> None:
        second = self._exactly(BLOCK_BYTES, "ARC007", "the tar ends with one end-of-archive block; two belong there")
        while second:
            if second.strip(b"\0"):
                raise self._fault("ARC005", "data after the end of the tar")
            second = self._some(CHUNK_BYTES, at_end=True)

    def _exactly(self, size: int, code: str, what: str) -> bytes:
        parts = []
        while size:
            part = self._some(size, at_end=True)
            if not part:
                raise self._fault(code, what)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _some(self, size: int, at_end: bool = False) -> bytes:  # noqa: FBT001, FBT002 - a private flag
        if self._at == len(self._buffer):
            self._buffer, self._at = self._read(CHUNK_BYTES), 0
            if not self._buffer and not at_end:
                raise self._fault("ARC002", "truncated: the tar ends inside an entry's data")
        part = self._buffer[self._at : self._at + size]
        self._at += len(part)
        self._position += len(part)
        return part

    def _fault(self, code: str, what: str) -> ArchiveFault:
        return ArchiveFault(code, what, "tar byte {}".format(self._position))


class Names:
    """The names seen so far, as a file system has them that tells neither case nor composed letters apart."""

    def __init__(self) -> None:
        self._entries: Dict[str, str] = {}
        self._folders: Set[str] = set()
        self._files: Set[str] = set()
        self._directories: Set[str] = set()
        self._header_bytes = 0

    def add(self, member: Member) -> None:
        """Takes note of a member's name.

        Raises: ArchiveFault when it cannot stand beside the others, or there are too many.
        """
        shown, name = "entry " + repr(member.name), folded(member.name)
        other = self._entries.setdefault(name, member.name)
        self._header_bytes += len(member.headers)
        if other != member.name:
            what = "its name is that of {!r} where case, or composed letters, are not told apart".format(other)
            raise ArchiveFault("ARC010", what, shown)
        if name in self._files or name in self._directories:
            raise ArchiveFault("ARC010", "two entries have this name", shown)
        if len(self._entries) > ENTRIES or self._header_bytes > HEADER_BYTES:
            what = "the archive has over {} entries, or over {} bytes of headers".format(ENTRIES, HEADER_BYTES)
            raise ArchiveFault("ARC020", what, shown)
        above = {name[:at] for at, letter in enumerate(name) if letter == "/"}
        self._folders |= above
        (self._directories if member.is_directory else self._files).add(name)
        if above & self._files or (not member.is_directory and name in self._folders):
            raise ArchiveFault("ARC010", "a file and a folder have one name", shown)


def _raw_name(block: bytes) -> bytes:
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _decimal(text: bytes, shown: str) -> int:
    if not text.isdigit() or len(text) > _DIGITS:
        raise ArchiveFault("ARC006", "its size is no number", shown)
    return int(text)
