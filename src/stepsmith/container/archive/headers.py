"""What the header blocks of a tar say of an entry, and which of it is refused.

A header is refused where readers differ about it, for what one verifies another would not unpack.

Source: POSIX.1-2017 pax (ustar and extended headers), and GNU tar's long names and base-256 numbers.
"""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.limits import LINKS_VARIABLE
from stepsmith.container.archive.names import normal_name, path_inside

BLOCK_BYTES = 512
EXTENDED_KINDS = (b"x", b"g", b"L", b"K")
_MOST = (1 << 63) - 1
_MOST_OCTAL = 0o77777777777
_MOST_OWNER = (1 << 32) - 1
_DIGITS = 19
# How a time before 1970 begins, in base 256 with its sign: of 96 bits more than 63 say nothing else.
_BEFORE_1970 = re.compile(rb"\xff{4}[\x80-\xff]", re.DOTALL)
_BASE_256 = 0x80
_OCTAL = re.compile(rb" *([0-7]+)[ \0]*|\0*")
_TIME = re.compile(rb"-?[0-9]{1,18}(\.[0-9]*)?")
_FILE_KINDS = (b"0", b"\0", b"7")
_DIRECTORY, _HARD_LINK, _OLD_FILE = b"5", b"1", b"\0"
_LINKS = {_HARD_LINK: "a hard link", b"2": "a symbolic link"}
_LINKS_HINT = "links inside can be verified and packaged: --links, in a step's env {}: inside".format(LINKS_VARIABLE)
_REFUSED = {b"3": "a character device", b"4": "a block device", b"6": "a FIFO", b"S": "a sparse file"}
_GNU_LONG = {b"L": "path", b"K": "linkpath"}
# Of which no two extended headers of an entry may have one, and no header for all entries.
_NAMING = {"path", "size", "linkpath"}
# What makes a file's data other than they stand there, to those who know it: sparse files, volumes, dumps.
_SPARSE = ("GNU.", "SUN.", "SCHILY.realsize", "SCHILY.filetype", "SCHILY.offset")
_CAPABILITIES = ("SCHILY.xattr.security.capability", "LIBARCHIVE.xattr.security.capability")
# Where the numbers stand in a header, and the most that each may be; the size and the checksum are read besides.
_NUMBERS = {
    "mode": (100, 108, _MOST_OWNER),
    "owner": (108, 116, _MOST_OWNER),
    "group": (116, 124, _MOST_OWNER),
    "time": (136, 148, _MOST),
    "major": (329, 337, _MOST_OWNER),
    "minor": (337, 345, _MOST_OWNER),
}
_DEVICE = ("major", "minor")
# A key that is empty, begins with a blank or holds a NUL ends or changes what some readers take of the others.
_KEY = re.compile(rb"[^\x00-\x20\x7f=][^\x00-\x1f\x7f=]*")
_RECORDS = 1000
_CHARSET = re.compile(rb"[0-9]+ hdrcharset=([^\n]+)\n")
_CHARSETS = (b"BINARY", b"ISO-IR 10646 2000 UTF-8")


class Member(NamedTuple):
    """One file or directory of a tar; where links are admitted, `link` is the name of the file that one leads to.

    `digest` is the SHA-256 of a file's data, empty where it was not asked for.
    """

    name: str
    size_bytes: int
    is_directory: bool
    mode: int
    link: str = ""
    digest: str = ""
    is_hard_link: bool = False

    @property
    def privileges(self) -> str:
        """Which of set user, set group and sticky its mode has; files that have one are refused."""
        bits = {0o4000: "setuid", 0o2000: "setgid", 0o1000: "sticky"}
        return ", ".join(name for bit, name in bits.items() if self.mode & bit)


def check_block(block: bytes) -> None:
    """Raises: ArchiveFault when a header block has not the checksum that it says, or a number in it is none.

    Also of numbers that nothing is made of here: Python's reader takes such a header for the end of the archive.
    """
    unsigned = sum(block) - sum(block[148:156]) + 8 * 32
    signed = unsigned - 256 * sum(byte >> 7 for byte in block[:148] + block[156:])
    if block[148] & _BASE_256 or number(block[148:156], "checksum") not in (unsigned, signed):
        raise ArchiveFault("ARC006", "not a tar, or a damaged header (its checksum does not match)")
    for name, (start, end, most) in _NUMBERS.items():
        field = block[start:end]
        is_blank = name in _DEVICE and not field.strip(b" \0")
        is_before_1970 = name == "time" and _BEFORE_1970.match(field)
        if not is_blank and not is_before_1970 and number(field, name) > most:
            raise ArchiveFault("ARC006", "a damaged header (its {} overflows)".format(name))


def number(field: bytes, message: str) -> int:
    """The number in a field of a header: octal digits, or base 256 as GNU tar writes what digits cannot hold.

    Raises: ArchiveFault when it is none, negative, or over 63 bits.
    """
    if not field[0] & _BASE_256:
        digits = _OCTAL.fullmatch(field)
        if digits is None:
            raise ArchiveFault("ARC006", "not a tar, or a damaged header (its {} is no number)".format(message))
        return int(digits.group(1) or b"0", 8)
    # The bit after the first is that of the sign.
    if field[0] & 0x40:
        raise ArchiveFault("ARC006", "a damaged header (its {} is negative)".format(message))
    value = int.from_bytes(field[1:], "big")
    if field[0] != _BASE_256 or value > _MOST:
        raise ArchiveFault("ARC006", "a damaged header (its {} overflows)".format(message))
    return value


class Extended:
    """What the extended headers before an entry say of it."""

    def __init__(self) -> None:
        self._records: Dict[str, bytes] = {}
        self._has_pax = False

    def take(self, kind: bytes, data: bytes) -> None:
        """Takes the data of an extended header of that kind.

        Raises: ArchiveFault when it is damaged, contradicts another, or says what none may.
        """
        if kind in _GNU_LONG:
            self._add({_GNU_LONG[kind]: data.rstrip(b"\0")})
            return
        records = _pax_records(data)
        _refuse_values(records)
        if kind == b"x" and self._has_pax:
            raise ArchiveFault("ARC006", "two extended headers of one kind stand before one entry")
        if kind == b"x":
            self._has_pax = True
            self._add(records)
        elif any(key in _NAMING or key.startswith(_SPARSE) for key in records):
            raise ArchiveFault("ARC006", "a global header sets a path, a size or a link for all entries")

    def get(self, key: str) -> Optional[bytes]:
        """What they say of `key`, None where nothing."""
        return self._records.get(key)

    def refuse(self, label: str) -> None:
        """Raises: ArchiveFault when they say more of a file than its data."""
        if any(key.startswith(_SPARSE) for key in self._records):
            raise ArchiveFault("ARC009", "it is a sparse file, or a part of one; only whole files are admitted", label)
        if any(key in self._records for key in _CAPABILITIES):
            raise ArchiveFault("ARC021", "it is a file with capabilities set", label)

    def _add(self, records: Dict[str, bytes]) -> None:
        if _NAMING & set(records) & set(self._records):
            raise ArchiveFault("ARC006", "two extended headers name one entry")
        self._records.update(records)


def member_of(block: bytes, extended: Extended, links: bool) -> Member:  # noqa: FBT001 - of Limits
    """The member that a header block, and the extended headers before it, stand for.

    Raises: ArchiveFault when it is neither file nor directory, or, with `links`, a link to a name inside; or unsafe, or
    contradicts itself.
    """
    kind, pax_name = block[156:157], extended.get("path")
    raw = _raw_name(block) if pax_name is None else pax_name
    label = printable_name(raw)
    _refuse_kind(kind, block, links, label)
    extended.refuse(label)
    # Before there was a kind for directories, a name that ends with a slash was one; the name in the header itself.
    is_old_directory = kind == _OLD_FILE and _text(block[:100]).endswith(b"/")
    if is_old_directory and pax_name is not None:
        raise ArchiveFault("ARC006", "its two headers contradict: a directory's name, and another", label)
    is_directory = kind == _DIRECTORY or is_old_directory
    member = Member(
        normal_name(raw), _size(block, extended, label), is_directory, number(block[100:108], "mode") & 0o7777
    )
    if not is_directory and raw.endswith((b"/", b"/.")):
        raise ArchiveFault("ARC008", "a file's name ends as only a folder's may", label)
    if not is_directory and not member.name:
        raise ArchiveFault("ARC008", "a file has the name of the archive's root", label)
    if not is_directory and member.privileges:
        raise ArchiveFault("ARC021", "it is a file with {} set".format(member.privileges), label)
    if member.size_bytes and (is_directory or kind in _LINKS):
        raise ArchiveFault("ARC006", "a {} claims to hold data".format("directory" if is_directory else "link"), label)
    if kind not in _LINKS:
        return member
    target = extended.get("linkpath")
    return _link(member, _text(block[157:257]) if target is None else target, label, is_hard=kind == _HARD_LINK)


def printable_name(raw: bytes) -> str:
    """How an entry's name is told."""
    return "entry " + repr(raw[:80].decode("utf-8", "backslashreplace"))


def _refuse_kind(kind: bytes, block: bytes, links: bool, label: str) -> None:  # noqa: FBT001 - of Limits
    if kind in _LINKS and not links:
        message = "it is {}; only files and directories are admitted ({})".format(_LINKS[kind], _LINKS_HINT)
        raise ArchiveFault("ARC009", message, label)
    if kind not in _FILE_KINDS and kind != _DIRECTORY and kind not in _LINKS:
        message = _REFUSED.get(kind, "of unknown type {!r}".format(kind.decode("latin-1")))
        raise ArchiveFault("ARC009", "it is {}; only files and directories are admitted".format(message), label)
    if block[257:263] != b"ustar\0" and block[345:500].strip(b"\0"):
        raise ArchiveFault("ARC006", "a header holds a prefix that only some readers take for a part of the name")


def _link(member: Member, raw: bytes, label: str, is_hard: bool) -> Member:  # noqa: FBT001 - a private flag
    if raw.endswith((b"/", b"/.")):
        raise ArchiveFault("ARC009", "it is a link to what its name says is a folder", label)
    try:
        target = normal_name(raw) if is_hard else path_inside(member.name, raw)
    except ArchiveFault as fault:
        raise ArchiveFault(fault.code, "it is a link, and " + fault.what, label) from None
    if not target:
        link_text = repr(raw[:80].decode("utf-8", "backslashreplace"))
        raise ArchiveFault("ARC009", "it is a link to {}, which is no file of the archive".format(link_text), label)
    return member._replace(link=target, is_hard_link=is_hard)


def _size(block: bytes, extended: Extended, label: str) -> int:
    size, text = number(block[124:136], "size"), extended.get("size")
    if text is None:
        return size
    pax_size = _decimal(text, "size")
    # A size that its field cannot hold is written there as none, or as the most that it holds.
    if size != pax_size and (pax_size <= _MOST_OCTAL or size not in (0, _MOST_OCTAL)):
        raise ArchiveFault("ARC006", "its two headers contradict: {} and {} bytes".format(size, pax_size), label)
    return pax_size


def _pax_records(data: bytes) -> Dict[str, bytes]:
    if any(charset not in _CHARSETS for charset in _CHARSET.findall(data)):
        raise ArchiveFault("ARC006", "a pax header whose names are in another charset than UTF-8")
    records, position = {}, 0
    while position < len(data):
        blank = data.find(b" ", position, position + _DIGITS + 1)
        digits = data[position:blank]
        end = position + int(digits) if blank > 0 and digits.isdigit() else 0
        key, equals, value = data[blank + 1 : end - 1].partition(b"=")
        if not (blank < end <= len(data) and equals and data[end - 1 : end] == b"\n" and _KEY.fullmatch(key)):
            raise ArchiveFault("ARC006", "a damaged pax header")
        records[key.decode("ascii", "replace")] = value
        position = end
        if len(records) > _RECORDS:
            raise ArchiveFault("ARC006", "a pax header of over {:,} records".format(_RECORDS))
    return records


def _refuse_values(records: Dict[str, bytes]) -> None:
    """Raises: ArchiveFault when an extended header says what makes readers crash."""
    for key in ("mtime", "atime", "ctime"):
        if not _TIME.fullmatch(records.get(key, b"0")):
            raise ArchiveFault("ARC006", "a pax header whose {} is no time".format(key))
    owners = records.get("uname", b"") + b" " + records.get("gname", b"")
    if owners.decode("utf-8", "ignore").encode("utf-8") != owners:
        raise ArchiveFault("ARC006", "a pax header whose uname or gname is not UTF-8")
    for key in ("uid", "gid"):
        if _decimal(records.get(key, b"0"), key) > _MOST_OWNER:
            raise ArchiveFault("ARC006", "a pax header whose {} overflows".format(key))


def _text(field: bytes) -> bytes:
    return field.split(b"\0", 1)[0]


def _raw_name(block: bytes) -> bytes:
    name = _text(block[:100])
    prefix = _text(block[345:500]) if block[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _decimal(text: bytes, message: str) -> int:
    if not text.isdigit() or len(text) > _DIGITS or int(text) > _MOST:
        raise ArchiveFault("ARC006", "a pax header whose {} is no number, or overflows".format(message))
    return int(text)
