"""Tars out of hostile header blocks: what is not refused, every other reader takes for the same files."""

from __future__ import annotations

import gzip
import io
import os
import posixpath
import subprocess
import tarfile
import tracemalloc
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from stepsmith.container.archive.faults import CODES, ArchiveFault
from stepsmith.container.archive.limits import USUAL, Limits
from stepsmith.container.archive.names import folded
from stepsmith.container.archive.package import package_model, package_verified, replaced_by
from stepsmith.container.archive.read import read_archive, refuse_empty
from stepsmith.container.archive.unpack import unpack_archive
from stepsmith.container.archive.walk import TarWalk
from stepsmith.container.archive.write import entry_of_bytes

# The same examples every time: a search for more is for a person to begin, and to wait for (`derandomize=False`).
LAWS = settings(max_examples=1200, deadline=None, derandomize=True)
ON_DISK = settings(LAWS, max_examples=400)
BY_PROCESS = settings(LAWS, max_examples=100)
LINKS = Limits(links=True)
CODE = entry_of_bytes("code/inference.py", b"def model_fn(folder): ...\n")
# What one pass over any of these archives, of a few kilobytes, may hold at once.
MEMORY = 4 << 20
# Files are written in memory where that is possible: the laws are not about a disk.
FOLDERS = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
# The bytes that choose a tar; nearly every tar takes fewer.
CHOICES = 120
BLOCK = 512
END = bytes(2 * BLOCK)
# Where the fields of a header begin, and how long they are.
FIELDS = {
    "name": (0, 100),
    "mode": (100, 8),
    "owner": (108, 8),
    "group": (116, 8),
    "size": (124, 12),
    "time": (136, 12),
    "kind": (156, 1),
    "link": (157, 100),
    "magic": (257, 8),
    "owner_name": (265, 32),
    "group_name": (297, 32),
    "major": (329, 8),
    "minor": (337, 8),
    "prefix": (345, 155),
}
NUMBERS = ("mode", "owner", "group", "size", "time", "major", "minor")
USTAR, GNU, V7 = b"ustar\x0000", b"ustar  \0", bytes(8)
NAMES = (
    "a",
    "b/c",
    "b/d.bin",
    "./e",
    "code/inference.py",
    "\u00e9",
    "b/\u6f22",
    "f" * 60,
    "long/" + "g" * 120,
    "./h//i",
)
RAW_NAMES = [name.encode() for name in NAMES]
HOSTILE_NAMES = (
    *(b"", b"/", b".", b"./", b"..", b"../x", b"b/../x", b"/etc/x", b"x/", b"x/.", b"x//", b"b", b"a/b", b"./a", b"A"),
    *(
        b"B/c",
        b"e\xcc\x81",
        b"\xff",
        b"x\ny",
        b"x\0y",
        b"x\\y",
        b"C:\\x",
        b"\xe2\x80\xaex",
        b"x" * 256,
        b"d/" * 70 + b"x",
    ),
    *(b"inference.py", b"code", b"Code/Inference.py", b"code/", b"-x", b" ", b"x ", b"*", b'"', b"x\x7f", b"\xc2\x85"),
)
MAGICS = (USTAR, GNU, V7, b"ustar\0  ", b"ustar   ", b"ustar\x0001", b"ustar\0\0\0", b"USTAR\x0000", b"ustar  1")
KINDS = [bytes([byte]) for byte in b"01234567LKxgXSDVMNAI\0 \xff"]
EXTENDED_KINDS = (b"x", b"g", b"L", b"K", b"X")
KEYS = (
    *(b"path", b"size", b"linkpath", b"mtime", b"atime", b"ctime", b"uid", b"gid", b"uname", b"gname", b"hdrcharset"),
    *(b"charset", b"comment", b"", b"pa\nth", b" path", b"path ", b"PATH", b"\xff"),
    *(b"GNU.sparse.major", b"GNU.sparse.minor", b"GNU.sparse.map", b"GNU.sparse.name", b"GNU.sparse.size"),
    *(b"GNU.sparse.realsize", b"GNU.sparse.numblocks", b"GNU.dumpdir", b"GNU.volume.label", b"GNU.volume.filename"),
    *(b"SCHILY.realsize", b"SCHILY.filetype", b"SCHILY.xattr.user.x", b"SCHILY.acl.access", b"SCHILY.fflags"),
    *(b"SCHILY.xattr.security.capability", b"LIBARCHIVE.xattr.security.capability", b"LIBARCHIVE.creationtime"),
    *(b"RHT.security.selinux", b"SUN.holesdata", b"MSWINDOWS.rawsd"),
)
VALUES = (
    *(
        b"",
        b"0",
        b"1",
        b"512",
        b"-1",
        b"+1",
        b" 1",
        b"1.5",
        b"1e3",
        b"nan",
        b"inf",
        b"9" * 18,
        b"9" * 19,
        b"1" + b"0" * 30,
    ),
    *(b"-" + b"9" * 18, b"BINARY", b"ISO-IR 10646 2000 UTF-8", b"\xff", b"x\0y", b"x\ny", b"9 path=q\n", b"a", b"0,1"),
)


class Choices:
    """Makes choices from bytes, a byte for each. A zero chooses the first option, and so does the end of the bytes.

    A Hypothesis strategy for each choice takes ten times as long. Hypothesis shrinks the bytes instead.
    """

    def __init__(self, data):
        self._left = iter(data)

    def below(self, count):
        """A number from 0 to `count` - 1."""
        number = next(self._left, 0)
        return (number if count <= 1 << 8 else number << 8 | next(self._left, 0)) % count

    def of(self, *options):
        """One item of one of the options: of a sequence any item, of a function its result."""
        option = options[self.below(len(options))] if len(options) > 1 else options[0]
        return option() if callable(option) else option[self.below(len(option))]

    def raw(self, least, most):
        """A function whose result is any bytes, from `least` to `most` of them."""
        return lambda: bytes(self.below(256) for _ in range(least + self.below(most - least + 1)))

    def some(self, most, options):
        """Any of the options, at most `most`."""
        return [self.of(options) for _ in range(self.below(most + 1))]


class Draft:
    """An entry to be: the fields of its header, the extended headers before it, and its data."""

    def __init__(self, name, kind, magic, data):
        self.extended = []
        self.data = data
        self.sum = sum
        self.pokes = []
        raw = name.encode() + (b"/" if kind == b"5" else b"")
        self.fields = {
            "name": raw,
            "mode": b"0000644\0",
            "owner": b"0000000\0",
            "group": b"0000000\0",
            "size": b"%011o\0" % len(data),
            "time": b"00000000000\0",
            "kind": kind,
            "magic": magic,
        }
        if len(raw) > 100:
            prefix, _, rest = raw.partition(b"/")
            self.fields.update({"name": rest, "prefix": prefix} if magic == USTAR else {"name": raw[:100]})
            if magic != USTAR or len(rest) > 100:
                self.extended.append(extended(b"L", raw + b"\0"))

    def blocks(self):
        return b"".join(self.extended) + header(self.fields, self.pokes, self.sum) + padded(self.data)


def padded(data, filler=b"\0"):
    return data + filler * (-len(data) % BLOCK)


def header(fields, pokes=(), checksum=sum):
    """A header block with those fields and then those bytes, (place, bytes), and what its checksum makes right."""
    block = bytearray(BLOCK)
    for field, value in fields.items():
        start, size = FIELDS[field]
        block[start : start + size] = value[:size].ljust(size, b"\0")
    for place, value in pokes:
        block[place : place + len(value)] = value
    block = block[:BLOCK]
    block[148:156] = b" " * 8
    found = checksum(block)
    block[148:156] = b"%06o\0 " % found if isinstance(found, int) else found
    return bytes(block)


def extended(kind, data, filler=b"\0", **fields):
    """An extended header and its data."""
    usual = {"name": b"././@PaxHeader", "size": b"%011o\0" % len(data), "kind": kind, "magic": USTAR}
    return header({**usual, **fields}) + padded(data, filler)


def record(key, value):
    """A pax record, whose length counts itself."""
    rest = b" " + key + b"=" + value + b"\n"
    size = next(size for size in range(len(rest), len(rest) + 9) if len(b"%d" % size) + len(rest) == size)
    return b"%d" % size + rest


# --- what makes an entry hostile ---


def number(choose, size, value):
    """A field of that size for a number: `value` in one of the ways that some write it, or another."""
    ways = (
        b"%0*o\0" % (size - 1, value),
        b"%0*o " % (size - 1, value),
        b"%0*o" % (size, value),
        (b"%o" % value).rjust(size),
        (b" %o\0" % value).ljust(size),
        (b"%o" % value).ljust(size, b"\0"),
        (b"%o" % value).rjust(size, b"\0"),
        (b"\0%o" % value).ljust(size, b"\0"),
        (b"%o\0 " % value).rjust(size),
        (b"%o\0\xff" % value).ljust(size, b"\0"),
        (b"\t%o\n" % value).ljust(size, b"\0"),
        b"\x80" + value.to_bytes(size - 1, "big"),
        b"\x81" + value.to_bytes(size - 1, "big"),
        b"\xc0" + value.to_bytes(size - 1, "big"),
        b"\xff" * 4 + bytes(size - 4),
        b"\xff" * (size - 1) + b"\xfe",
        b"\xff" + bytes(size - 1),
        b"\x80\x7f" + b"\xff" * (size - 2),
        b"7" * size,
        bytes(size),
        b" " * size,
        (b"-%o" % value).ljust(size, b"\0"),
        (b"+%o" % value).ljust(size, b"\0"),
        (b"0o%o" % value).ljust(size, b"\0"),
        b"0_0".ljust(size, b"\0"),
        (b"%o8" % value).ljust(size, b"\0"),
    )
    return choose.of(ways, choose.raw(size, size))


def records(choose):
    """The data of a pax header, mostly well formed."""
    data = b"".join(record(key, choose.of(VALUES, RAW_NAMES, HOSTILE_NAMES)) for key in choose.some(3, KEYS))
    changes = {
        "none": data,
        "zeros": b"00" + data,
        "cut": data[:-1],
        "no key": data + b"5 =x\n" + record(b"path", b"a"),
        "no value": data + b"6 key\n",
        "no length": data + b" key=x\n",
        "zero": data + b"0 key=x\n",
        "over": data + b"99 key=x\n",
        "end": data + bytes(7),
        "more": data + b"more",
    }
    return choose.of([data] * 12 + list(changes.values()))


def replace_number(choose, entry, _):
    field = choose.of(NUMBERS)
    value = {"size": len(entry.data), "mode": 0o644}.get(field, choose.of((0, 8, 0o4755, 1 << 20)))
    entry.fields[field] = number(choose, FIELDS[field][1], value)


def replace_name(choose, entry, _):
    entry.fields["name"] = choose.of(HOSTILE_NAMES, choose.raw(0, 6))


def replace_prefix(choose, entry, _):
    entry.fields["prefix"] = choose.of((b"b", b"b/", b"./b", b"\0b", b"..", b"/b", b"new"), choose.raw(0, 4))
    entry.fields["name"] = choose.of((entry.fields["name"], b"", b"/", b"/x", b"x/"))


def replace_kind(choose, entry, _):
    entry.fields["kind"] = choose.of(KINDS)


def replace_magic(choose, entry, _):
    entry.fields["magic"] = choose.of(MAGICS, choose.raw(8, 8))


def replace_link(choose, entry, _):
    entry.fields["link"] = choose.of(HOSTILE_NAMES, choose.raw(0, 6))


def poke(choose, entry, _):
    entry.pokes.append((choose.below(BLOCK), choose.raw(1, 3)()))


def sum_otherwise(choose, entry, _):
    ways = (
        lambda block: b"%o\0 " % sum(block),
        lambda block: (b"%o" % sum(block)).rjust(8),
        lambda block: (b"%o" % sum(block)).rjust(8, b"\0"),
        lambda block: b"\0%06o\0" % sum(block),
        lambda block: b"%08o" % sum(block),
        lambda block: b"\x80" + sum(block).to_bytes(7, "big"),
        lambda block: sum(byte - 256 if byte > 127 else byte for byte in block),
        lambda block: sum(block) + 1,
        lambda _: bytes(8),
    )
    entry.sum = choose.of(ways)


def misstate_size(choose, entry, _):
    entry.data = choose.of((b"", entry.data + b"x", entry.data + bytes(BLOCK), entry.data[:-1]))


def name_by_pax(choose, entry, _):
    """Takes the name from a pax header, and leaves in the header what some readers take and some do not."""
    name = choose.of((entry.fields["name"], b"x", b"x/", b"b/x"))
    entry.fields["name"] = choose.of((b"x", b"x/", b"", b"y/" * 60, b"../x", b"\xff", entry.fields["name"]))
    entry.extended = [extended(b"x", record(b"path", name))]


def put_extended(choose, entry, _):
    """Puts an extended header before the entry, between those that it has."""
    kind, fields = choose.of((b"x", b"x", *EXTENDED_KINDS)), {}
    if kind in (b"L", b"K"):
        data = choose.of(RAW_NAMES, HOSTILE_NAMES) + choose.of((b"\0", b"", b"\0\0", b"\0x", b"/\0"))
    else:
        data = records(choose)
    if choose.below(4) == 1:
        field = choose.of(NUMBERS)
        fields[field] = number(choose, FIELDS[field][1], len(data) if field == "size" else 0)
    filler = choose.of([b"\0"] * 9 + [b"x", b"9 path=q\n"[:1]])
    made = extended(kind, data, filler, **fields)
    if choose.below(10) == 1:
        more = record(b"path", b"q")
        made = made[: -len(more)] + more
    entry.extended.insert(choose.below(len(entry.extended) + 1), made)


def say_twice(choose, entry, _):
    """Says the size, or a time, in a pax header too."""
    key = choose.of((b"size", b"mtime", b"uid", b"comment", b"hdrcharset"))
    value = b"%d" % len(entry.data) if key == b"size" else choose.of(VALUES)
    entry.extended.append(extended(choose.of((b"x", b"x", b"g")), record(key, value)))


def double_name(choose, entry, others):
    name = choose.of(others).fields["name"]
    entry.fields["name"] = choose.of((name, name.upper(), name.rstrip(b"/") + b"/x", b"./" + name, name + b"/"))


MUTATIONS = (
    *(replace_number, replace_name, replace_prefix, replace_kind, replace_magic, replace_link, poke, sum_otherwise),
    *(misstate_size, name_by_pax, put_extended, put_extended, say_twice, double_name),
)
OTHER_TAILS = (
    *(END + bytes(3 * BLOCK), END + bytes(100), b"", bytes(BLOCK), bytes(700)),
    *(END + b"x", END + bytes(BLOCK) + b"x", bytes(BLOCK) + b"x" * BLOCK),
    END + header({"name": b"z", "kind": b"0"}) + END,
)


def tar_of(choose, mutations, *, links):
    """A tar of a few sound entries with up to so many mutations; with `links` some of them are links to others."""
    names = [*dict.fromkeys([choose.of(NAMES), *choose.some(3, NAMES)])]
    entries = []
    for name in names:
        kind = choose.of((b"0", b"0", b"\0", b"7", b"5"))
        data = b"" if kind == b"5" else choose.of((b"", b"weights", b"w" * BLOCK, b"w" * 513))
        entries.append(Draft(name, kind, choose.of((USTAR, GNU, V7)), data))
    if links:
        entries += [link_to(choose, name, at) for at, name in enumerate(choose.some(3, names))]
    for _ in range(choose.of((0, 1, 1, 2, *range(mutations + 1)))):
        choose.of(MUTATIONS)(choose, choose.of(entries), entries)
    tail = choose.of(OTHER_TAILS) if choose.below(3) == 1 else END
    return b"".join(entry.blocks() for entry in entries) + tail


def link_to(choose, target, at):
    """A link that leads to a name of the archive, or nearly."""
    name = choose.of(("l", "b/l", "m/n/l")) + str(at)
    link, kind = target.encode(), choose.of((b"1", b"2", b"2"))
    if kind == b"2":
        link = b"../" * name.count("/") + link
    nearly = (link + b"/", link + b"/.", b"./" + link, b"b/../" + link, b"../" + link, link.upper(), b"/" + link)
    link = choose.of([link] * 30 + [*nearly, *HOSTILE_NAMES[::3]])
    entry = Draft(name, kind, choose.of((USTAR, GNU)), b"")
    entry.fields["link"] = link
    if choose.below(2):
        entry.extended.append(extended(b"K", link + b"\0"))
    return entry


# --- readers ---


def reads(tar, limits=USUAL):
    """The (name, content) of every member as we read it, None for a folder; the code where we refuse it."""
    walk = TarWalk(io.BytesIO(tar).read, limits.links)
    try:
        read = [(member, b"".join(walk.body())[: member.size_bytes]) for member in walk]
        refuse_empty([member for member, _ in read], "the archive")
    except ArchiveFault as fault:
        return fault.code
    return [(member.name, None if member.is_directory else member.link or content) for member, content in read]


def ours(tar, limits=USUAL):
    """What `reads` has of a tar, None where it is refused."""
    read = reads(tar, limits)
    event(f"refused: {read}" if isinstance(read, str) else "accepted")
    return None if isinstance(read, str) else read


def pythons(data):
    """The same as Python's own reader reads it; fails where that takes a member for anything else."""
    with tarfile.open(fileobj=io.BytesIO(data), errorlevel=2) as archive:
        members = archive.getmembers()
        assert all(member.isreg() or member.isdir() for member in members)
        return [
            (normal(member.name), None if member.isdir() else archive.extractfile(member).read()) for member in members
        ]


def normal(name):
    return "" if posixpath.normpath(name) == "." else posixpath.normpath(name)


def tree(folder):
    """What lies in a folder: the content of every file, of a link that of where it leads to, and None of a folder."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in folders:
            path = Path(place, name)
            path.chmod(0o700)  # what an archive says of it may be that nobody reads it
            found[path.relative_to(folder).as_posix()] = None
        for name in files:
            path = Path(place, name)
            if not path.is_symlink():
                path.chmod(0o600)
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def expected_tree(read):
    """What lies in a folder after these members were unpacked there: also the folders that only their names tell of."""
    contents = {name: content for name, content in read if name}
    folders = {str(above): None for name in contents for above in PurePosixPath(name).parents if above.name}
    return {**folders, **contents}


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def stands_in_the_way(name, content):
    """Whether no entry code/inference.py can stand beside this one, nor replace it."""
    folder, _, rest = name.partition("/")
    if folded(folder) != "code" or (content is not None and folded(name) == CODE.name):
        return False
    return folder != "code" or (content is not None and not rest) or folded(rest.partition("/")[0]) == "inference.py"


@contextmanager
def on_disk(data):
    """A folder that holds the archive alone."""
    with TemporaryDirectory(dir=FOLDERS) as folder:
        path = Path(folder, "model.tar.gz")
        path.write_bytes(data)
        yield path


def compressed(tar):
    return gzip.compress(tar, 1, mtime=0)


def tars(mutations=3, *, links=False):
    """Tars of a few sound entries, with up to so many mutations."""
    return st.binary(min_size=CHOICES, max_size=CHOICES).map(lambda data: tar_of(Choices(data), mutations, links=links))


# --- what some reader takes for something else, each found by a law below ---


def first(fields=None, before=b"", **changes):
    """A tar whose first entry, `a`, has other fields and extended headers before it, and whose second is sound."""
    one = Draft("a", b"0", changes.get("magic", USTAR), changes.get("data", b"weights"))
    one.fields.update(fields or {})
    one.pokes, one.sum = changes.get("pokes", []), changes.get("checksum", sum)
    return before + one.blocks() + Draft("b", b"0", USTAR, b"second").blocks() + END


PATH, COMMENT = record(b"path", b"q"), record(b"comment", b"c")
DIFFERENT = {
    "a number after a zero": first({"size": b"\x0000000000007"}),
    "a checksum after a zero": first(checksum=lambda block: b"\0%06o\0" % sum(block)),
    "a checksum in base 256": first(checksum=lambda block: b"\x80" + sum(block).to_bytes(7, "big")),
    "a mode of blanks": first({"mode": b" " * 8}),
    "a size of blanks": first({"size": b" " * 12}, data=b""),
    "a time of blanks": first({"time": b" " * 12}),
    "a mode of over 56 bits": first({"mode": b"\x81" + bytes(7)}),
    "a time that no system holds": first({"time": b"\xff" * 4 + bytes(8)}),
    "a device that is no number in a GNU header": first({"magic": GNU, "major": b"x"}),
    "a device that is no number in an old header": first({"magic": V7, "minor": b"\xff"}),
    "an extended header whose mode is no number": first(before=extended(b"x", COMMENT, mode=b"x")),
    "an extended header whose owner is no number": first(before=extended(b"L", b"q\0", owner=b"x")),
    "a long name that goes on in its padding": first(before=extended(b"L", b"q", b"x")),
    "records in the padding of a pax header": first(before=extended(b"x", COMMENT)[:BLOCK] + padded(COMMENT + PATH)),
    "a key that is empty": first(before=extended(b"x", b"5 =x\n" + PATH)),
    "a key after a blank": first(before=extended(b"x", record(b" path", b"q"))),
    "a character set that is no text": first(before=extended(b"x", record(b"hdrcharset", b"\xff"))),
    "a character set in a comment": first(before=extended(b"x", record(b"comment", b"1 hdrcharset=\xff\n"))),
    "a global time that is none": first(before=extended(b"g", record(b"mtime", b"nan"))),
    "a global time that no system holds": first(before=extended(b"g", record(b"mtime", b"1e30"))),
    "a global owner that is none": first(before=extended(b"g", record(b"uid", b"x"))),
    "two pax headers": first(before=extended(b"x", PATH) + extended(b"x", COMMENT)),
    "an old folder that a pax header names": first({"kind": b"\0", "name": b"x/"}, extended(b"x", PATH)),
    "an old folder that a long name names": first({"kind": b"\0", "name": b"x/"}, extended(b"L", b"q\0")),
    "an old folder by its prefix alone": first({"kind": b"\0", "name": b"", "prefix": b"q"}, data=b""),
}
NO_FILES = {
    "a symbolic link to a file as a folder": first({"kind": b"2", "link": b"b/"}, data=b""),
    "a symbolic link to a file as a folder's own entry": first({"kind": b"2", "link": b"b/."}, data=b""),
}


@pytest.mark.parametrize("tar", DIFFERENT.values(), ids=DIFFERENT)
def test_what_readers_take_for_different_things_is_refused(tar):
    assert isinstance(reads(tar), str)


@pytest.mark.parametrize("tar", NO_FILES.values(), ids=NO_FILES)
def test_a_link_that_leads_to_a_file_as_though_it_were_a_folder_is_refused(tar):
    assert isinstance(reads(tar, LINKS), str)


def test_what_these_are_made_from_is_accepted():
    assert reads(first()) == [("a", b"weights"), ("b", b"second")]


# --- the laws ---


@LAWS
@given(tars().map(compressed) | st.binary(max_size=3000).map(compressed) | st.binary(max_size=100))
def test_an_archive_is_read_or_refused_with_a_code_of_the_table_in_bounded_memory(data):
    with on_disk(data) as path:
        tracemalloc.start()
        try:
            read_archive(str(path))
            code = ""
        except ArchiveFault as fault:
            code = fault.code
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert code in {"", *CODES}
    assert peak < MEMORY


@LAWS
@given(tars())
def test_what_is_accepted_python_reads_the_same(tar):
    read = ours(tar)
    assert read is None or pythons(compressed(tar)) == read


@ON_DISK
@given(tars())
@pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="NOT TESTED: this Python's tarfile has no filters")
def test_what_is_accepted_python_extracts_the_same(tar):
    read = ours(tar)
    if read is not None:
        with TemporaryDirectory(dir=FOLDERS) as folder, tarfile.open(fileobj=io.BytesIO(tar), errorlevel=2) as archive:
            archive.extractall(folder, filter="data")
            assert tree(folder) == expected_tree(read)


@BY_PROCESS
@given(tars())
def test_what_is_accepted_gnu_tar_extracts_the_same(tar):
    read = ours(tar)
    if read is not None:
        with TemporaryDirectory(dir=FOLDERS) as folder:
            command = ["tar", "--extract", "--gzip", "--file=-", "--no-same-owner", "--directory", folder]
            done = subprocess.run(command, input=compressed(tar), capture_output=True, check=False)
            assert (done.returncode, tree(folder)) == (0, expected_tree(read)), done.stderr


@ON_DISK
@given(tars())
def test_what_is_accepted_is_unpacked_the_same_and_nothing_beside_it(tar):
    read = ours(tar)
    with on_disk(compressed(tar)) as path:
        if read is None:
            with pytest.raises(ArchiveFault):
                unpack_archive(str(path), f"{path.parent}/unpacked")
            assert names(path.parent) == [path.name]
        else:
            unpack_archive(str(path), f"{path.parent}/unpacked")
            assert names(path.parent) == [path.name, "unpacked"]
            assert tree(path.parent / "unpacked") == expected_tree(read)


@ON_DISK
@given(tars())
def test_a_package_of_what_is_accepted_holds_the_model_s_files_and_the_one_added(tar):
    read = ours(tar)
    if read is None:
        return
    with on_disk(compressed(tar)) as path:
        target = path.parent / "package"
        if any(stands_in_the_way(name, content) for name, content in read):
            event("not packaged")
            with pytest.raises(ArchiveFault) as raised:
                package_model(str(path), [CODE], str(target))
            assert raised.value.code == "ARC010"
            assert names(path.parent) == [path.name]
            return
        package_model(str(path), [CODE], str(target))
        kept = [(name, content) for name, content in read if content is None or folded(name) != CODE.name]
        expected = [(CODE.name, CODE.content), *kept]
        assert reads(gzip.decompress(target.read_bytes())) == expected
        assert pythons(target.read_bytes()) == expected


@ON_DISK
@given(tars())
def test_a_package_of_a_verified_model_is_the_same_to_the_byte(tar):
    if ours(tar) is None:
        return
    with on_disk(compressed(tar)) as path:
        record = read_archive(str(path))
        try:
            replaced = replaced_by([CODE], record.members)
        except ArchiveFault:
            return
        if not replaced:
            package_model(str(path), [CODE], f"{path.parent}/one")
            package_verified(str(path), record, [CODE], f"{path.parent}/other")
            assert Path(path.parent, "one").read_bytes() == Path(path.parent, "other").read_bytes()


@ON_DISK
@given(tars(mutations=2, links=True))
@pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="NOT TESTED: this Python's tarfile has no filters")
def test_links_that_are_accepted_lead_to_files_inside(tar):
    read = ours(tar, LINKS)
    if read is None:
        return
    with TemporaryDirectory(dir=FOLDERS) as place, tarfile.open(fileobj=io.BytesIO(tar), errorlevel=2) as archive:
        folder = Path(place).resolve() / "folder"
        archive.extractall(folder, filter="data")
        assert names(place) == ["folder"]
        links = [(folder / name, folder / content) for name, content in read if isinstance(content, str)]
        event(f"links: {len(links)}")
        for link, target in links:
            assert link.resolve().is_relative_to(folder)
            assert target.is_file()
            assert link.samefile(target)
        files = dict(read)
        contents = {name: followed(files, content) for name, content in read}
        assert tree(folder) == expected_tree(contents.items())


def followed(files, content):
    """The content of a member: of a link, that of the file where it leads to, by way of other hard links."""
    while isinstance(content, str):
        content = files[content]
    return content
