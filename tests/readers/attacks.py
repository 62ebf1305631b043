"""Hostile and damaged archives, in two tables: what each is, how its bytes are made, and the code it is refused with.

Nothing is read from a file and nothing of Stepsmith is used: every byte is made here, so that it can be wrong on
purpose. Sources: POSIX.1-2017 pax, GNU tar's manual ("Basic Tar Format", "Storing Sparse Files"), RFC 1951, RFC 1952.
"""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BLOCK = 512
END = bytes(2 * BLOCK)
WEIGHTS = bytes(range(256)) * 8
WHOLE = {"model.bin": WEIGHTS, "last.bin": b"the last"}
FIRST, LAST = b"the first of two", b"the second of two"
FHCRC, RESERVED = 2, 0x20
MIB = 1 << 20
BOMB_MIB = 1229
LONG_NAME = ("n" * 250 + "/") * 17 + "x"
# Folders of so long a name, so many deep: what they resolve to is longer than a path may be.
LONG_PART, LONG_DEPTH = "d" * 247, "abcdefghijklmnop"


class Attack(NamedTuple):
    """A hostile or damaged archive.

    `build(outside)` returns its bytes; `outside` is the absolute path of a folder that it may aim at. `whole` is what a
    reader finds that is not deceived. `hostile`: it holds an entry besides. `plain(contents)` and `dropped` tell what a
    reader did that made a plain file in its folder of that entry, or nothing.
    """

    what: str
    code: str
    build: Callable[[bytes], bytes]
    hostile: bool = True
    whole: Mapping[str, bytes] = WHOLE
    plain: Callable[[list[bytes]], str] = lambda _: "extracted"
    dropped: str = "dropped"
    slow: bool = False


# --- tar ---


def header(name: bytes, size: int = 0, kind: bytes = b"0", link: bytes = b"", **fields: bytes) -> bytes:
    """One ustar header block with a right checksum; `fields` are raw: `size_field`, `mode`, `magic`, `devices`."""
    block = bytearray(
        struct.pack(
            "100s8s8s8s12s12s8sc100s8s32s32s16s155s12x",
            name,
            fields.get("mode", b"0000644\0"),
            b"0000000\0",
            b"0000000\0",
            fields.get("size_field", b"%011o\0" % size),
            b"00000000000\0",
            b" " * 8,
            kind,
            link,
            fields.get("magic", b"ustar\x0000"),
            b"",
            b"",
            fields.get("devices", b""),
            b"",
        )
    )
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data: bytes, filler: bytes = b"\0") -> bytes:
    """`data` up to a whole block."""
    return data + filler * (-len(data) % BLOCK)


def entry(name: bytes, content: bytes = b"hostile", **fields: bytes) -> bytes:
    """A file: its header and its data, the name in a pax header where it is too long for the other."""
    named = pax({b"path": name}) if len(name) > 100 else b""
    return named + header(name[:100], len(content), **fields) + padded(content)


def link(kind: bytes, name: bytes, target: bytes) -> bytes:
    """A hard (`1`) or symbolic (`2`) link."""
    long = {key: value for key, value in ((b"path", name), (b"linkpath", target)) if len(value) > 100}
    return (pax(long) if long else b"") + header(name[:100], kind=kind, link=target[:100])


def pax(records: Mapping[bytes, bytes], kind: bytes = b"x") -> bytes:
    """An extended header (`x`), or a global one (`g`)."""
    data = b"".join(_record(key, value) for key, value in records.items())
    return header(b"././@PaxHeader", len(data), kind) + padded(data)


def _record(key: bytes, value: bytes) -> bytes:
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest) + 1
    while len(str(length)) + len(rest) != length:
        length += 1
    return b"%d" % length + rest


def renamed(path: bytes) -> bytes:
    """A file whose true name stands in a pax header."""
    return pax({b"path": path}) + entry(b"other")


def sparse(name: bytes, real_bytes: int) -> bytes:
    """An entry of GNU's type `S` that claims to be of `real_bytes`, all but its last block a hole."""
    block = bytearray(header(name, BLOCK, b"S", magic=b"ustar  \0"))
    block[386:410] = b"%011o\0%011o\0" % (real_bytes - BLOCK, BLOCK)
    block[483:495] = b"%011o\0" % real_bytes
    return _summed(block) + WEIGHTS[:BLOCK]


def with_field(data: bytes, place: int, field: bytes) -> bytes:
    """An entry with another field in its header, and a right checksum."""
    return _summed(bytearray(data[:place] + field + data[place + len(field) : BLOCK])) + data[BLOCK:]


def _summed(block: bytearray) -> bytes:
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def with_wrong_checksum(data: bytes) -> bytes:
    """An entry with one letter of its name changed after its checksum was taken."""
    return bytes([data[0] ^ 1]) + data[1:]


def smuggled(said: int, truly: int) -> bytes:
    """An entry whose header says `said` bytes and whose pax header says `truly`; the data holds an entry of its own."""
    inner = entry(b"hidden.bin")
    return pax({b"size": b"%d" % truly}) + header(b"cover.bin", said) + inner


def long_way_out() -> bytes:
    """Links that lead out by a path which grows too long for `realpath` to resolve (CVE-2025-4517)."""
    parts, place = [], ""
    for step in LONG_DEPTH:
        parts.append(named_folder((place + LONG_PART).encode()))
        parts.append(link(b"2", (place + step).encode(), LONG_PART.encode()))
        place += LONG_PART + "/"
    turn = "/".join(LONG_DEPTH) + "/" + "l" * 254
    parts.append(link(b"2", turn.encode(), b"../" * len(LONG_DEPTH)))
    parts.append(link(b"2", b"escape", turn.encode() + b"/../outside"))
    return b"".join(parts) + entry(b"escape/x")


def named_folder(name: bytes) -> bytes:
    """A folder of any length of name."""
    return (pax({b"path": name + b"/"}) if len(name) > 100 else b"") + header(
        name[:99] + b"/", kind=b"5", mode=b"0000755\0"
    )


# --- gzip ---


def member(data: bytes, flags: int = 0, extra: bytes = b"", crc: int | None = None, length: int | None = None) -> bytes:
    """A gzip member of one stored block, so that what is changed in it is changed in `data`."""
    stored = b"\x01" + struct.pack("<HH", len(data), len(data) ^ 0xFFFF) + data
    start = b"\x1f\x8b\x08" + bytes([flags]) + bytes(4) + b"\x00\xff" + extra
    crc = zlib.crc32(data) if crc is None else crc
    return start + stored + struct.pack("<II", crc, len(data) if length is None else length)


def beside(*entries: bytes) -> bytes:
    """The archive in which `entries` stand between a file and another."""
    return gzip.compress(b"".join((FRONT, *entries, BACK, END)), mtime=0)


FRONT, BACK = entry(b"model.bin", WEIGHTS), entry(b"last.bin", WHOLE["last.bin"])
TAR = FRONT + BACK + END
SOUND = member(TAR)
HIDDEN = entry(b"hidden.bin")


def flipped(data: bytes, place: int) -> bytes:
    """`data` with one bit changed."""
    return data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]


def zipped() -> bytes:
    """A zip of the files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in WHOLE.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


def bomb() -> bytes:
    """1.2 GiB of zeros in 1.2 MB: one flushed deflate block of zeros, again and again."""
    zeros, deflate = bytes(MIB), zlib.compressobj(9, wbits=-15)
    head = header(b"zeros.bin", BOMB_MIB * MIB)
    start = deflate.compress(head) + deflate.flush(zlib.Z_FULL_FLUSH)
    again = deflate.compress(zeros) + deflate.flush(zlib.Z_FULL_FLUSH)
    crc = zlib.crc32(head)
    for _ in range(BOMB_MIB):
        crc = zlib.crc32(zeros, crc)
    crc, length = zlib.crc32(END, crc), len(head) + BOMB_MIB * MIB + len(END)
    end = deflate.compress(END) + deflate.flush()
    return b"\x1f\x8b\x08" + bytes(7) + start + again * BOMB_MIB + end + struct.pack("<II", crc, length & 0xFFFFFFFF)


# --- what a reader did, in words ---


def _of_two(contents: list[bytes]) -> str:
    kept = [word for word, content in (("first", FIRST), ("last", LAST)) if content in contents]
    return {2: "both kept", 1: f"the {kept[0] if kept else ''} kept"}.get(len(kept), "extracted")


def _into_the_folder(_: list[bytes]) -> str:
    return "renamed into the folder"


def _bits_off(_: list[bytes]) -> str:
    return "extracted, bits off"


def _as_a_file(_: list[bytes]) -> str:
    return "made a plain file"


def _found(_: list[bytes]) -> str:
    return "hidden file extracted"


def _by_pax(_: list[bytes]) -> str:
    return BY_PAX


def _by_header(_: list[bytes]) -> str:
    return BY_HEADER


UNSEEN, BY_PAX, BY_HEADER = "hidden file unseen", "took the pax size", "took the header's size"
SIZES = {"negative": b"\xff" * 12, "overflowing": b"\x80" + bytes(2) + b"\1" + bytes(7) + b"\7"}
CLAIMED_BYTES = 4 << 30
DEVICE = b"0000001\x000000003\0"  # 1:3, as a character device the null device
# Version 2, effective; permitted are all of the first 32.
CAPABILITIES = struct.pack("<IIIII", 0x02000001, 0xFFFFFFFF, 0, 0, 0)
SPARSE_1_0 = {b"GNU.sparse.major": b"1", b"GNU.sparse.minor": b"0", b"GNU.sparse.realsize": b"%d" % CLAIMED_BYTES}
SPARSE_MAP = padded(b"1\n%d\n%d\n" % (CLAIMED_BYTES - 7, 7)) + padded(b"hostile")

ATTACKS: dict[str, Attack] = {
    # names
    "climbs": Attack(
        "a name that climbs out, `../x`", "ARC008", lambda _: beside(entry(b"../x")), plain=_into_the_folder
    ),
    "climbs-inside": Attack(
        "a name that climbs out from within, `a/../../x`",
        "ARC008",
        lambda _: beside(named_folder(b"a"), entry(b"a/../../x")),
        plain=_into_the_folder,
    ),
    "climbs-beside": Attack(
        "a name that climbs into a neighbour of the working folder, `../here-too/x`",
        "ARC008",
        lambda _: beside(entry(b"../here-too/x")),
        plain=_into_the_folder,
    ),
    "climbs-pax": Attack(
        "a name that climbs out, in a pax header", "ARC008", lambda _: beside(renamed(b"../x")), plain=_into_the_folder
    ),
    "absolute": Attack(
        "an absolute name", "ARC008", lambda outside: beside(entry(outside + b"/x")), plain=_into_the_folder
    ),
    "no-name": Attack("a file with an empty name", "ARC008", lambda _: beside(entry(b""))),
    "nul": Attack(
        "a NUL in a pax name", "ARC008", lambda _: beside(renamed(b"x.bin\0.txt")), plain=lambda _: "cut, extracted"
    ),
    "control": Attack("control characters in a name", "ARC008", lambda _: beside(entry(b"x\x1b[2J\n.bin"))),
    "not-utf-8": Attack(
        "a name that is not UTF-8",
        "ARC008",
        lambda _: beside(entry(b"x\xff\xfe.bin")),
        hostile=False,
        whole={**WHOLE, "x\udcff\udcfe.bin": b"hostile"},
    ),
    "backslash": Attack(
        "a backslash in a name, `..\\x`",
        "ARC008",
        lambda _: beside(entry(b"..\\x")),
        hostile=False,
        whole={**WHOLE, "..\\x": b"hostile"},
    ),
    "deep": Attack(
        "a name over 64 folders deep",
        "ARC008",
        lambda _: beside(entry(b"a/" * 65 + b"x")),
        hostile=False,
        whole={**WHOLE, "a/" * 65 + "x": b"hostile"},
    ),
    "long": Attack(
        "a name over 4 KiB long",
        "ARC008",
        lambda _: beside(renamed(LONG_NAME.encode())),
        hostile=False,
        whole={**WHOLE, LONG_NAME: b"hostile"},
    ),
    # links
    "symlink-out": Attack(
        "a symbolic link out of the folder", "ARC009", lambda _: beside(link(b"2", b"way", b"../outside/canary"))
    ),
    "symlink-absolute": Attack(
        "a symbolic link to an absolute path",
        "ARC009",
        lambda outside: beside(link(b"2", b"way", outside + b"/canary")),
    ),
    "symlink-through": Attack(
        "a symbolic link out, then a file through it",
        "ARC009",
        lambda _: beside(link(b"2", b"way", b"../outside"), entry(b"way/x")),
    ),
    "symlink-two": Attack(
        "two symbolic links that climb out together, then a file through them",
        "ARC009",
        lambda _: beside(link(b"2", b"a", b"."), link(b"2", b"b", b"a/.."), entry(b"b/x")),
    ),
    "symlink-long": Attack(
        "links out by a path too long to resolve (CVE-2025-4517), then a file through them",
        "ARC009",
        lambda _: beside(long_way_out()),
    ),
    "hardlink-out": Attack(
        "a hard link to a file outside", "ARC009", lambda _: beside(link(b"1", b"way", b"../outside/canary"))
    ),
    "hardlink-through": Attack(
        "a hard link to a file outside, then a file of the same name",
        "ARC009",
        lambda _: beside(link(b"1", b"way", b"../outside/canary"), entry(b"way")),
    ),
    "hardlink-symlink": Attack(
        "a hard link to a symbolic link that leads out",
        "ARC009",
        lambda _: beside(link(b"2", b"way", b"../outside/canary"), link(b"1", b"way-too", b"way")),
    ),
    # kinds
    "character-device": Attack(
        "a character device", "ARC009", lambda _: beside(header(b"device", kind=b"3", devices=DEVICE)), plain=_as_a_file
    ),
    "block-device": Attack(
        "a block device", "ARC009", lambda _: beside(header(b"device", kind=b"4", devices=DEVICE)), plain=_as_a_file
    ),
    "fifo": Attack("a FIFO", "ARC009", lambda _: beside(header(b"fifo", kind=b"6")), plain=_as_a_file),
    "unknown": Attack(
        "an entry of unknown type, `Z`", "ARC009", lambda _: beside(entry(b"x", kind=b"Z")), plain=_as_a_file
    ),
    "setuid": Attack("a setuid file", "ARC021", lambda _: beside(entry(b"x", mode=b"0004755\0")), plain=_bits_off),
    "setgid": Attack("a setgid file", "ARC021", lambda _: beside(entry(b"x", mode=b"0002755\0")), plain=_bits_off),
    "sticky": Attack("a sticky file", "ARC021", lambda _: beside(entry(b"x", mode=b"0001644\0")), plain=_bits_off),
    "capabilities": Attack(
        "a file with all capabilities of root, in a pax header",
        "ARC021",
        lambda _: beside(pax({b"SCHILY.xattr.security.capability": CAPABILITIES}) + entry(b"x", mode=b"0000755\0")),
        plain=_bits_off,
    ),
    "sparse-gnu": Attack(
        "a GNU sparse file that claims 4 GiB", "ARC009", lambda _: beside(sparse(b"x", CLAIMED_BYTES))
    ),
    "sparse-pax": Attack(
        "a pax sparse file that claims 4 GiB",
        "ARC009",
        lambda _: beside(pax({**SPARSE_1_0, b"GNU.sparse.name": b"x"}) + entry(b"other", SPARSE_MAP)),
    ),
    "sparse-star": Attack(
        "a file whose pax header gives it a true size of 4 GiB, as star writes sparse files",
        "ARC009",
        lambda _: beside(pax({b"SCHILY.realsize": b"%d" % CLAIMED_BYTES}) + entry(b"x")),
        hostile=False,
        whole={**WHOLE, "x": b"hostile"},
    ),
    "sparse-sun": Attack(
        "a file whose pax header maps its data to other places, as Solaris writes holes",
        "ARC009",
        lambda _: beside(pax({b"SUN.holesdata": b" 0 2 4 7"}) + entry(b"x")),
        hostile=False,
        whole={**WHOLE, "x": b"hostile"},
    ),
    "sparse-climbs": Attack(
        "a pax sparse file whose sparse name climbs out",
        "ARC009",
        lambda _: beside(pax({**SPARSE_1_0, b"GNU.sparse.name": b"../x"}) + entry(b"other", SPARSE_MAP)),
        plain=_into_the_folder,
    ),
    # headers that readers take in different ways
    "size-smuggles": Attack(
        "a pax size of nothing over a header's size, an entry hidden between",
        "ARC006",
        lambda _: beside(smuggled(2 * BLOCK, 0)),
        plain=_by_pax,
        whole={**WHOLE, "cover.bin": b""},
        dropped=BY_HEADER,
    ),
    "size-swallows": Attack(
        "a pax size over a header's size of nothing, an entry swallowed",
        "ARC006",
        lambda _: beside(smuggled(0, 2 * BLOCK)),
        plain=_by_header,
        whole={**WHOLE, "cover.bin": HIDDEN},
        dropped=BY_PAX,
    ),
    "size-skips": Attack(
        "a pax size that skips an entry",
        "ARC006",
        lambda _: beside(pax({b"size": b"%d" % (2 * BLOCK)}) + entry(b"x") + HIDDEN),
    ),
    "no-pax-name": Attack(
        "an empty pax name over a header's name",
        "ARC008",
        lambda _: beside(pax({b"path": b""}) + entry(b"x")),
        hostile=False,
        whole={**WHOLE, "x": b"hostile"},
    ),
    "key-with-nul": Attack(
        "a NUL in a pax key, before a record that names the file",
        "ARC006",
        lambda _: beside(pax({b"k\0": b"v", b"path": b"named"}) + entry(b"x")),
        hostile=False,
        whole={**WHOLE, "named": b"hostile"},
    ),
    "number-after-nul": Attack(
        "a size whose digits stand after a NUL",
        "ARC006",
        lambda _: beside(header(b"x", size_field=b"\x0000000000007") + padded(b"hostile")),
        hostile=False,
        whole={**WHOLE, "x": b"hostile"},
    ),
    "two-pax": Attack(
        "two pax headers before one file, the first of which names it",
        "ARC006",
        lambda _: beside(pax({b"path": b"named"}) + pax({b"mtime": b"1"}) + entry(b"x")),
        hostile=False,
        whole={**WHOLE, "named": b"hostile"},
    ),
    "file-or-folder": Attack(
        "a file whose pax name ends with a slash",
        "ARC008",
        lambda _: beside(pax({b"path": b"x/"}) + entry(b"other", b"")),
        plain=_as_a_file,
        dropped="made a folder",
    ),
    "pax-large": Attack(
        "a pax header over 64 KiB",
        "ARC006",
        lambda _: beside(pax({b"comment": b"c" * 70_000}) + entry(b"x")),
        hostile=False,
        whole={**WHOLE, "x": b"hostile"},
    ),
    "global-path": Attack(
        "a global pax header that names all entries",
        "ARC006",
        lambda _: beside(pax({b"path": b"../x"}, b"g")),
        plain=_into_the_folder,
    ),
    "global-size": Attack(
        "a global pax header that sizes all entries",
        "ARC006",
        lambda _: beside(pax({b"size": b"0"}, b"g")),
        hostile=False,
    ),
    # names that meet
    "twice": Attack("one name twice", "ARC010", lambda _: beside(entry(b"x", FIRST), entry(b"x", LAST)), plain=_of_two),
    "twice-dot": Attack(
        "`./x` beside `x`", "ARC010", lambda _: beside(entry(b"x", FIRST), entry(b"./x", LAST)), plain=_of_two
    ),
    "twice-case": Attack(
        "`Code` beside `code`", "ARC010", lambda _: beside(entry(b"Code", FIRST), entry(b"code", LAST)), plain=_of_two
    ),
    "twice-composed": Attack(
        "one name in NFC and in NFD",
        "ARC010",
        lambda _: beside(entry("mod\u00e8le".encode(), FIRST), entry("mode\u0300le".encode(), LAST)),
        plain=_of_two,
    ),
    "file-as-folder": Attack(
        "a file used as a folder", "ARC010", lambda _: beside(entry(b"x", FIRST), entry(b"x/y", LAST)), plain=_of_two
    ),
    # what is hidden
    "second-tar": Attack(
        "a second tar after the end of the first",
        "ARC005",
        lambda _: gzip.compress(TAR + HIDDEN + END, mtime=0),
        plain=_found,
        dropped=UNSEEN,
    ),
    "second-member": Attack(
        "a second gzip member that holds other files",
        "ARC005",
        lambda _: SOUND + member(HIDDEN + END),
        plain=_found,
        dropped=UNSEEN,
    ),
    "bomb": Attack("1.2 GiB of zeros in 1.2 MB", "ARC022", lambda _: bomb(), whole={}, slow=True),
}

DAMAGE: dict[str, Attack] = {
    # tar
    "checksum-first": Attack(
        "a wrong checksum in the first header", "ARC006", lambda _: member(with_wrong_checksum(TAR)), hostile=False
    ),
    "checksum-later": Attack(
        "a wrong checksum in a later header",
        "ARC006",
        lambda _: member(FRONT + with_wrong_checksum(BACK) + END),
        hostile=False,
    ),
    "size-negative": Attack("a negative size", "ARC006", lambda _: beside(header(b"x", size_field=SIZES["negative"]))),
    "size-overflow": Attack(
        "a size over 64 bits", "ARC006", lambda _: beside(header(b"x", size_field=SIZES["overflowing"]))
    ),
    "owner": Attack(
        "an owner that is no number, in a later header",
        "ARC006",
        lambda _: member(FRONT + with_field(BACK, 108, b"zzzzzzz\0") + END),
        hostile=False,
    ),
    "time": Attack(
        "a time that is no number, in a later header",
        "ARC006",
        lambda _: member(FRONT + with_field(BACK, 136, b"zzzzzzzzzzz\0") + END),
        hostile=False,
    ),
    "time-pax": Attack(
        "a time that is no number, in a pax header",
        "ARC006",
        lambda _: member(FRONT + pax({b"mtime": b"nan"}) + BACK + END),
        hostile=False,
    ),
    "no-end": Attack("no end-of-archive blocks", "ARC007", lambda _: member(FRONT + BACK), hostile=False),
    "one-end": Attack(
        "one end-of-archive block", "ARC007", lambda _: member(FRONT + BACK + bytes(BLOCK)), hostile=False
    ),
    "cut-between": Attack(
        "a tar cut between two files, and compressed so", "ARC007", lambda _: member(FRONT), hostile=False
    ),
    "cut-inside": Attack(
        "a tar cut inside a file, and compressed so", "ARC002", lambda _: member(FRONT[:-BLOCK]), hostile=False
    ),
    "after-end": Attack(
        "bytes after the end of the tar", "ARC005", lambda _: member(TAR + b"x" * BLOCK), hostile=False
    ),
    # gzip
    "cut-header": Attack("cut in the gzip header", "ARC002", lambda _: SOUND[:7], hostile=False),
    "cut-data": Attack("cut in the compressed data", "ARC002", lambda _: SOUND[: len(SOUND) // 2], hostile=False),
    "cut-trailer": Attack("cut in the gzip trailer", "ARC002", lambda _: SOUND[:-3], hostile=False),
    "no-trailer": Attack("cut before the gzip trailer", "ARC002", lambda _: SOUND[:-8], hostile=False),
    "crc": Attack("a wrong gzip checksum", "ARC004", lambda _: member(TAR, crc=1), hostile=False),
    "length": Attack("a wrong length in the gzip trailer", "ARC004", lambda _: member(TAR, length=1), hostile=False),
    "bit": Attack("a flipped bit in the weights", "ARC004", lambda _: flipped(SOUND, 15 + BLOCK + 100), hostile=False),
    "flags": Attack("reserved gzip flags", "ARC003", lambda _: member(TAR, RESERVED), hostile=False),
    "header-crc": Attack(
        "a wrong checksum of the gzip header", "ARC004", lambda _: member(TAR, FHCRC, b"\0\0"), hostile=False
    ),
    "garbage": Attack("bytes after the gzip data", "ARC005", lambda _: SOUND + b"garbage", hostile=False),
    "garbage-zeros": Attack(
        "zeros, then bytes, after the gzip data", "ARC005", lambda _: SOUND + bytes(BLOCK) + b"x", hostile=False
    ),
    # another format under this name
    "plain-tar": Attack("a tar that is not compressed", "ARC001", lambda _: TAR, hostile=False),
    "zip": Attack("a zip", "ARC001", lambda _: zipped(), hostile=False),
    "bz2": Attack("a tar compressed with bzip2", "ARC001", lambda _: bz2.compress(TAR), hostile=False),
    "empty": Attack("an empty file", "ARC001", lambda _: b"", hostile=False),
}
