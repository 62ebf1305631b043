"""The tar reader: every format that people's tools write is read, and nothing else is."""

from __future__ import annotations

import io
import itertools
import os
import posixpath
import re
import tarfile

import pytest

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.names import ENTRIES, Names
from stepsmith.container.archive.walk import ALL_HEADERS_BYTES, EXTENDED_BYTES, TarWalk

BLOCK = 512
LONG = "a-folder-with-a-long-name/" * 8 + "model.bin"
SHORT_UNSAFE = {
    "climbs": b"../x",
    "climbs from a folder": b"a/../../x",
    "absolute": b"/x",
    "backslash": b"a\\b",
    "line end": b"a\nb",
    "escape": b"a\x1b[31m",
    "not UTF-8": b"\xff",
}
UNSAFE = {
    **SHORT_UNSAFE,
    "too deep": b"a/" * 65 + b"x",
    "NUL": b"a\0b",
    "too long": b"a" * 4097,
    "too long and too deep": b"a/" * 2049,
}


def members(data, source=None):
    """The (name, bytes) of every member, None for a directory."""
    walk = TarWalk(source or io.BytesIO(data).read)
    return [(m.name, None if m.is_directory else b"".join(walk.body())[: m.size_bytes]) for m in walk]


def python_tar(form, files):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content or b""))
    return file.getvalue()


def entry_named(name):
    """Where a fault of the entry of that name is."""
    return "entry " + repr(name[:80].decode("utf-8", "backslashreplace"))


def python_names(data):
    """The names that Python's own reader finds."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return archive.getnames()


# --- what is read ---


@pytest.mark.parametrize(
    "form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["u", "gnu", "pax"]
)
@pytest.mark.parametrize("name", ["model.bin", "./model.bin", "modèle/重み.bin", "a" * 100, "a" * 90 + "/" + "b" * 90])
def test_what_python_wrote_is_read(form, name):
    files = {"./": None, "empty": b"", name: b"w" * 1000, "code/": None, "code/inference.py": b"c" * 512}
    expected = [("" if key == "./" else posixpath.normpath(key), value) for key, value in files.items()]
    assert members(python_tar(form, files)) == expected


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["gnu", "pax"])
def test_a_name_too_long_for_a_header_is_read_whole(form):
    assert members(python_tar(form, {LONG: b"weights"})) == [(LONG, b"weights")]


@pytest.mark.parametrize("form", ["v7", "oldgnu", "gnu", "ustar", "posix"])
def test_what_gnu_tar_wrote_is_read(form, gnu_tar, folder):
    files = {"empty": b"", "code/inference.py": b"c" * 512, "weights/part-1.bin": b"w" * 10_001}
    data = gnu_tar("-c", f"--format={form}", "--sort=name", ".", cwd=folder(files))
    assert members(data) == [
        ("", None),
        ("code", None),
        ("code/inference.py", b"c" * 512),
        ("empty", b""),
        ("weights", None),
        ("weights/part-1.bin", b"w" * 10_001),
    ]


@pytest.mark.parametrize("form", ["oldgnu", "gnu", "posix"])
def test_a_long_name_that_gnu_tar_wrote_is_read(form, gnu_tar, folder):
    data = gnu_tar("-c", f"--format={form}", LONG, cwd=folder({LONG: b"weights"}))
    assert members(data) == [(LONG, b"weights")]


def test_the_headers_and_bodies_of_the_members_are_the_tar_up_to_its_end(forge):
    long = forge.extended(b"L", b"n" * 150 + b"\0") + forge.entry(b"short", b"x" * 700)
    named = forge.pax({b"path": b"named", b"mtime": b"1.5"}) + forge.entry(b"other", b"")
    data = forge.tar(forge.entry(b"dir/", b"", kind=b"5"), long, named)
    walk = TarWalk(io.BytesIO(data).read)
    assert b"".join(walk.headers + b"".join(walk.body()) for _ in walk) + forge.END == data


def test_a_body_that_is_not_read_is_skipped(forge):
    walk = TarWalk(io.BytesIO(forge.tar(forge.entry(b"a", bytes(5000)), forge.entry(b"b"))).read)
    assert [(member.name, member.size_bytes) for member in walk] == [("a", 5000), ("b", 7)]


def test_a_body_that_is_read_in_part_is_skipped_to_its_end(forge):
    walk = TarWalk(io.BytesIO(forge.tar(forge.entry(b"a", bytes(600_000)), forge.entry(b"b"))).read)
    names = []
    for member in walk:
        names.append(member.name)
        next(walk.body())
    assert names == ["a", "b"]


@pytest.mark.parametrize("step", [1, 511, 513])
def test_a_source_that_gives_little_at_a_time_reads_the_same(step, forge):
    source = io.BytesIO(forge.tar(forge.entry(b"a", b"x" * 700), forge.pax({b"path": b"b"}) + forge.entry()))
    assert members(b"", lambda _: source.read(step)) == [("a", b"x" * 700), ("b", b"weights")]


@pytest.mark.parametrize("kind", [b"0", b"\0", b"7"], ids=["0", "nul", "7"])
def test_each_kind_of_regular_file_is_read(kind, forge):
    assert members(forge.tar(forge.entry(kind=kind))) == [("model.bin", b"weights")]


def test_a_regular_file_whose_name_ends_with_a_slash_is_a_directory_as_v7_wrote_them(forge):
    assert members(forge.tar(forge.header(b"code/", 0, b"\0", magic=b""))) == [("code", None)]


def test_the_prefix_of_ustar_is_part_of_the_name(forge):
    assert members(forge.tar(forge.entry(b"model.bin", prefix=b"a/b"))) == [("a/b/model.bin", b"weights")]


@pytest.mark.parametrize(
    "size_field", [b"00000000007\0", b"0000000007 \0", b"     7 \0\0\0\0\0", b"\x80" + bytes(10) + b"\x07"]
)
def test_each_way_to_write_a_size_is_read(size_field, forge):
    assert members(forge.tar(forge.entry(size_field=size_field))) == [("model.bin", b"weights")]


@pytest.mark.parametrize("way", ["base-256", "pax"])
def test_a_file_of_over_eight_gigabytes_is_read(way, forge):
    size = (8 << 30) + 1
    base_256 = forge.header(size_field=b"\x80" + size.to_bytes(11, "big"))
    head = base_256 if way == "base-256" else forge.pax({b"size": b"%d" % size}) + forge.header()
    zeros = bytes(1 << 18)
    pieces = itertools.chain([head], itertools.repeat(zeros, size >> 18), [bytes(BLOCK) + forge.END])
    walk = TarWalk(lambda _: next(pieces, b""))
    assert [(member.name, member.size_bytes) for member in walk] == [("model.bin", size)]


def test_an_extended_header_is_for_one_entry_only(forge):
    data = forge.tar(forge.pax({b"path": b"first", b"size": b"7"}) + forge.entry(b"x"), forge.entry(b"second", b"2"))
    assert members(data) == [("first", b"weights"), ("second", b"2")]


def test_a_global_header_with_a_comment_is_admitted(forge):
    data = forge.tar(forge.pax({b"comment": b"a commit"}, b"g"), forge.entry())
    assert members(data) == [("model.bin", b"weights")]


@pytest.mark.parametrize("zeros", [0, 1, 512, 9216, 600_000])
def test_zeros_after_the_end_are_admitted(zeros, forge):
    assert members(forge.tar(forge.entry()) + bytes(zeros)) == [("model.bin", b"weights")]


@pytest.mark.parametrize("name", [b"./", b".", b"././"])
def test_the_root_as_a_directory_is_admitted(name, forge):
    assert members(forge.tar(forge.header(name, kind=b"5"), forge.entry())) == [("", None), ("model.bin", b"weights")]


def test_a_checksum_of_signed_bytes_is_admitted_as_some_old_tars_wrote_it(forge):
    block = bytearray(forge.header("modèle".encode(), 7))
    block[148:156] = b"%06o\0 " % (sum(block) - sum(block[148:156]) + 8 * 32 - 256 * 2)
    assert members(forge.tar(bytes(block), forge.padded(b"weights"))) == [("modèle", b"weights")]


def test_a_tar_of_no_entries_has_no_members(forge):
    assert members(forge.END) == []


# --- names ---


@pytest.mark.parametrize("name", [*SHORT_UNSAFE.values(), b""], ids=[*SHORT_UNSAFE, "empty"])
def test_an_unsafe_name_in_a_header_is_refused(name, forge, expect_error):
    with expect_error("ARC008", entry_named(name)):
        members(forge.tar(forge.entry(b"safe"), forge.entry(name)))


@pytest.mark.parametrize("name", UNSAFE.values(), ids=UNSAFE)
def test_an_unsafe_name_in_a_pax_header_is_refused(name, forge, expect_error):
    with expect_error("ARC008", entry_named(name)):
        members(forge.tar(forge.pax({b"path": name}) + forge.entry(b"safe")))


@pytest.mark.parametrize("name", UNSAFE.values(), ids=UNSAFE)
def test_an_unsafe_name_in_a_gnu_header_is_refused(name, forge, expect_error):
    with expect_error("ARC008", entry_named(name)):
        members(forge.tar(forge.extended(b"L", name + b"\0") + forge.entry(b"safe")))


@pytest.mark.parametrize("name", [b"..", b"x/../..", b"/x", b"\xff"])
def test_an_unsafe_prefix_is_refused(name, forge, expect_error):
    with expect_error("ARC008", entry_named(name + b"/x")):
        members(forge.tar(forge.entry(b"x", prefix=name)))


@pytest.mark.parametrize("name", [b"../", b"/", b"a\\b/"])
def test_an_unsafe_name_of_a_directory_is_refused(name, forge, expect_error):
    with expect_error("ARC008", entry_named(name)):
        members(forge.tar(forge.header(name, kind=b"5"), forge.entry()))


def test_a_file_with_the_name_of_the_root_is_refused(forge, expect_error):
    with expect_error("ARC008", "entry '.'"):
        members(forge.tar(forge.entry(b".")))


@pytest.mark.parametrize("magic", [b"", b"ustar  \0"], ids=["v7", "gnu"])
def test_a_prefix_that_only_some_readers_take_for_a_part_of_the_name_is_refused(magic, forge, expect_error):
    data = forge.tar(forge.entry(b"x", magic=magic, prefix=b"../.."))
    assert python_names(data) == ["../../x"]
    with expect_error("ARC006", "tar byte 512"):
        members(data)


@pytest.mark.parametrize("first", ["L", "x"])
@pytest.mark.parametrize("second", ["L", "x"])
def test_two_names_for_one_entry_are_refused_as_readers_differ_about_which_wins(first, second, forge, expect_error):
    named = {"L": lambda name: forge.extended(b"L", name + b"\0"), "x": lambda name: forge.pax({b"path": name})}
    with expect_error("ARC006", "tar byte 2048"):
        members(forge.tar(named[first](b"one"), named[second](b"two"), forge.entry(b"three")))


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        (b"x", b"x", "x"),
        (b"./x", b"x", "x"),
        (b"x", b"./x", "x"),
        (b"a/x", b"a//x", "a/x"),
        (b"a/x", b"a/./x", "a/x"),
        (b"x", b"x/", "x"),
        (b"x/", b"x", "x"),
    ],
)
def test_two_entries_of_one_name_are_refused(first, second, name, forge, expect_error):
    entries = [
        forge.header(raw, kind=b"5") if raw.endswith(b"/") else forge.entry(raw) for raw in (first, b"y", second)
    ]
    with expect_error("ARC010", f"entry '{name}'"):
        members(forge.tar(*entries))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Model.bin", "model.bin"), ("Größe", "grösse".replace("ö", "o\u0308")), ("a/B/c", "A/b/c")],
    ids=["case", "composed letters", "folders"],
)
def test_two_names_that_some_file_systems_do_not_tell_apart_are_refused(one, other, forge, expect_error):
    with expect_error("ARC010", f"entry '{other}'"):
        members(forge.tar(forge.entry(one.encode()), forge.entry(other.encode())))


@pytest.mark.parametrize("mode", [b"0004755\0", b"0002755\0", b"0001644\0"], ids=["setuid", "setgid", "sticky"])
def test_a_file_that_runs_as_another_user_is_refused_and_such_a_folder_is_admitted(mode, forge, expect_error):
    with expect_error("ARC021", "entry 'run'"):
        members(forge.tar(forge.header(b"run", mode=mode)))
    assert members(forge.tar(forge.header(b"folder/", kind=b"5", mode=mode))) == [("folder", None)]


def test_too_many_entries_are_refused(forge, names_after, expect_error):
    tar = forge.tar(forge.entry(b"a"), forge.header(b"b/", kind=b"5"), forge.entry(b"c"))
    walk = iter(TarWalk(io.BytesIO(tar).read, names=names_after(entries=ENTRIES - 2)))
    assert [next(walk).name, next(walk).name] == ["a", "b"]
    with expect_error("ARC020", "entry 'c'"):
        next(walk)


def test_a_root_that_comes_twice_is_refused(forge, expect_error):
    with expect_error("ARC010", "entry ''"):
        members(forge.tar(forge.header(b"./", kind=b"5"), forge.header(b".", kind=b"5"), forge.entry()))


@pytest.mark.parametrize(("one", "other"), [(b"a", b"a/b"), (b"a/b", b"a"), (b"a/b/c/d", b"a/b")])
def test_a_file_that_is_also_a_folder_of_another_is_refused_as_no_tool_can_extract_it(one, other, forge, expect_error):
    with expect_error("ARC010", entry_named(other)):
        members(forge.tar(forge.entry(one), forge.entry(other)))


# --- kinds ---


@pytest.mark.parametrize("kind", [bytes([kind]) for kind in b"12346S89ADMNVXZ~\xff"])
def test_what_is_neither_file_nor_directory_is_refused_by_its_kind(kind, forge, expect_error):
    with expect_error("ARC009", "entry 'other'"):
        members(forge.tar(forge.entry(), forge.header(b"other", kind=kind)))


@pytest.mark.parametrize("form", ["gnu", "posix", "ustar", "v7"])
@pytest.mark.parametrize("kind", ["symlink", "hard link"])
def test_a_link_that_gnu_tar_wrote_is_refused(form, kind, gnu_tar, folder, expect_error):
    place = folder({"model.bin": b"weights"})
    if kind == "symlink":
        (place / "other").symlink_to("model.bin")
    else:
        os.link(place / "model.bin", place / "other")
    with expect_error("ARC009", "entry 'other'"):
        members(gnu_tar("-c", f"--format={form}", "model.bin", "other", cwd=place))


@pytest.mark.parametrize("arguments", ["gnu", "oldgnu", "posix 0.0", "posix 0.1", "posix 1.0"])
def test_a_sparse_file_that_gnu_tar_wrote_is_refused(arguments, gnu_tar, folder, refusal, snapshot):
    form, *version = arguments.split()
    place = folder({})
    place.mkdir()
    with (place / "model.bin").open("wb") as file:
        file.truncate(1 << 20)
        file.seek(1 << 19)
        file.write(b"weights")
    options = [f"--format={form}", "--sparse", *(f"--sparse-version={number}" for number in version)]
    fault = refusal(members, gnu_tar("-c", *options, "model.bin", cwd=place))
    # GNU tar puts the id of its process into the names of these.
    where = re.sub(r"GNUSparseFile\.\d+", "GNUSparseFile.ID", fault.where)
    named = "model.bin" if version in ([], ["0.0"]) else "./GNUSparseFile.ID/model.bin"
    assert (fault.code, where) == ("ARC009", f"entry '{named}'")
    snapshot(fault.what)


def test_a_global_header_that_renames_all_entries_for_other_readers_is_refused(forge, expect_error):
    data = forge.tar(forge.pax({b"GNU.sparse.name": b"../../x"}, b"g"), forge.entry())
    assert python_names(data) == ["../../x"]
    with expect_error("ARC006", "tar byte 1024"):
        members(data)


@pytest.mark.parametrize("key", [b"GNU.sparse.size", b"GNU.sparse.realsize", b"GNU.sparse.map", b"GNU.sparse.major"])
def test_a_global_header_that_makes_all_entries_sparse_is_refused(key, forge, expect_error):
    with expect_error("ARC006", "tar byte 1024"):
        members(forge.tar(forge.pax({key: b"7"}, b"g"), forge.entry()))


# --- the end ---


def test_a_tar_cut_anywhere_before_its_end_is_refused(forge, refusal, snapshot):
    data = forge.tar(forge.pax({b"path": b"long"}), forge.entry(b"b", b"x" * 600))
    faults = [refusal(members, data[:length]) for length in range(len(data))]
    inside = {*range(BLOCK, 2 * BLOCK), *range(3 * BLOCK, 5 * BLOCK)}
    assert [fault.code for fault in faults] == ["ARC002" if at in inside else "ARC007" for at in range(len(data))]
    assert {fault.where for fault in faults} == {f"tar byte {length}" for length in range(len(data))}
    snapshot("\n".join(sorted({fault.what for fault in faults})))


def test_a_tar_without_end_of_archive_blocks_is_refused(forge, expect_error):
    with expect_error("ARC007", "tar byte 1024"):
        members(forge.entry())


def test_a_tar_with_one_end_of_archive_block_is_refused(forge, expect_error):
    with expect_error("ARC007", "tar byte 1536"):
        members(forge.entry() + bytes(BLOCK))


@pytest.mark.parametrize("place", [0, 511, 512, 5000, 600_000])
def test_data_after_the_end_of_the_tar_is_refused(place, forge, expect_error):
    with expect_error("ARC005", f"tar byte {2048 + place + 1}"):
        members(forge.tar(forge.entry()) + bytes(place) + b"x")


def test_a_second_tar_after_the_first_is_refused(forge, expect_error):
    with expect_error("ARC005", "tar byte 4096"):
        members(forge.tar(forge.entry()) * 2)


def test_a_single_zero_block_between_entries_is_refused(forge, expect_error):
    with expect_error("ARC005", "tar byte 2048"):
        members(forge.entry() + bytes(BLOCK) + forge.tar(forge.entry(b"b")))


# --- damaged headers ---


def test_a_damaged_second_header_is_refused_where_python_takes_it_for_the_end(forge, expect_error):
    second = bytearray(forge.entry(b"second"))
    second[0] ^= 1
    data = forge.tar(forge.entry(b"first"), bytes(second), forge.entry(b"third"))
    assert python_names(data) == ["first"]
    with expect_error("ARC006", "tar byte 1536"):
        members(data)


def flips(block):
    """A block with each of its bits flipped, by the bit."""
    for bit in range(8 * len(block)):
        flipped = bytearray(block)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bit, bytes(flipped)


def read_or_refused(data):
    try:
        return members(data)
    except ArchiveFault:
        return None


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT], ids=["ustar", "gnu"])
@pytest.mark.parametrize("files", [{"modèle.bin": b"weights"}, {"code/": None}], ids=["file", "folder"])
def test_a_flipped_bit_in_a_header_changes_nothing_or_is_refused(form, files, forge):
    data = python_tar(form, files)
    block, rest = data[:BLOCK], forge.padded(data[BLOCK:].rstrip(b"\0")) + forge.END
    expected = members(block + rest)
    assert len(expected) == 1
    assert [bit for bit, flipped in flips(block) if read_or_refused(flipped + rest) not in (None, expected)] == []


def test_a_flipped_bit_in_the_end_is_refused(forge):
    assert [bit for bit, flipped in flips(forge.END) if read_or_refused(flipped) is not None] == []


@pytest.mark.parametrize(
    "size_field", [b"0000000000x\0", b"-0000000007\0", b"00000000008\0", b"0000007 007\0", b"0x000000007\0"]
)
def test_a_size_that_is_no_octal_number_is_refused(size_field, forge, expect_error):
    with expect_error("ARC006", "tar byte 512"):
        members(forge.tar(forge.entry(size_field=size_field)))


@pytest.mark.parametrize("size_field", [b"\xff" * 12, b"\xff" * 11 + b"\xf9"], ids=["minus one", "minus seven"])
def test_a_negative_size_is_refused(size_field, forge, expect_error):
    with expect_error("ARC006", "tar byte 512"):
        members(forge.tar(forge.entry(size_field=size_field)))


@pytest.mark.parametrize("name", [b"code/", b"code"])
def test_a_directory_that_claims_to_hold_data_is_refused(name, forge, expect_error):
    with expect_error("ARC006", entry_named(name)):
        members(forge.tar(forge.entry(name, b"data", kind=b"5")))


def test_a_directory_by_its_slash_that_claims_to_hold_data_is_refused(forge, expect_error):
    with expect_error("ARC006", "entry 'code/'"):
        members(forge.tar(forge.entry(b"code/", b"data", kind=b"\0")))


def test_a_directory_that_a_pax_size_gives_data_is_refused(forge, expect_error):
    with expect_error("ARC006", "entry 'code/'"):
        members(forge.tar(forge.pax({b"size": b"7"}) + forge.entry(b"code/", kind=b"5")))


@pytest.mark.parametrize(
    "size_field", [b"77777777777\0", b"\x80" + bytes(3) + b"\x7f" + b"\xff" * 7], ids=["octal", "base 256"]
)
def test_a_size_beyond_the_end_is_refused(size_field, forge, expect_error):
    with expect_error("ARC002", "tar byte 2048"):
        members(forge.tar(forge.entry(size_field=size_field)))


@pytest.mark.parametrize(
    "size_field", [b"\x81" + bytes(10) + b"\x07", b"\x80" + b"\x7f" * 11], ids=["first byte", "over 63 bits"]
)
def test_a_size_that_no_file_has_is_refused(size_field, forge, expect_error):
    with expect_error("ARC006", "tar byte 512"):
        members(forge.tar(forge.entry(size_field=size_field)))


# --- extended headers ---


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
def test_an_oversize_extended_header_is_refused_before_it_is_read(kind, forge, expect_error):
    with expect_error("ARC006", "tar byte 512"):
        members(forge.header(b"head", EXTENDED_BYTES + 1, kind))
    with expect_error("ARC006", "tar byte 512"):
        members(forge.header(b"head", 0, kind, size_field=b"\x80" + bytes(3) + b"\x7f" + b"\xff" * 7))


def test_the_largest_extended_header_is_admitted(forge):
    comment = forge.record(b"comment", b"c" * (EXTENDED_BYTES - 15))
    assert len(comment) == EXTENDED_BYTES
    assert members(forge.tar(forge.extended(b"x", comment), forge.entry())) == [("model.bin", b"weights")]


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
def test_an_extended_header_that_belongs_to_no_entry_is_refused(kind, forge, expect_error):
    data = b"name\0" if kind in b"LK" else forge.record(b"comment", b"c")
    with expect_error("ARC006", "tar byte 2560"):
        members(forge.tar(forge.entry(), forge.extended(kind, data)))


@pytest.mark.parametrize("key", [b"path", b"size"])
def test_a_global_header_that_sets_a_path_or_a_size_is_refused(key, forge, expect_error):
    with expect_error("ARC006", "tar byte 1024"):
        members(forge.tar(forge.pax({b"comment": b"c", key: b"7"}, b"g"), forge.entry()))


@pytest.mark.parametrize(
    "data",
    [
        b"path=x\n",
        b"9path=x\n",
        b"0 path=x\n",
        b"-9 path=x\n",
        b"9 path=x ",
        b"8 path=x\n",
        b"8 pathx\n",
        b"3 p\n",
        b"11 path=x\n",
        b"99 path=x\n",
        b"99999999999999999999 path=x\n",
        pytest.param(b"9" * 500 + b" path=x\n", id="a length of 500 digits"),
        b"9 path=x\n\0\0",
        b"9 path=x\n7 a=",
        b"\xb2 path=x\n",
    ],
)
def test_a_damaged_pax_record_is_refused(data, forge, expect_error):
    with expect_error("ARC006", "tar byte 1024"):
        members(forge.tar(forge.extended(b"x", data), forge.entry()))


@pytest.mark.parametrize("size", [b"", b"-7", b"7 ", b"0x7", b"7.0", b"9" * 20, "٧".encode()])
def test_a_pax_size_that_is_no_number_is_refused(size, forge, expect_error):
    with expect_error("ARC006", "tar byte 1536"):
        members(forge.tar(forge.pax({b"size": size}) + forge.entry()))


def test_a_damaged_header_after_an_extended_one_is_refused(forge, expect_error):
    entry = bytearray(forge.entry())
    entry[0] ^= 1
    with expect_error("ARC006", "tar byte 1536"):
        members(forge.tar(forge.pax({b"path": b"x"}), bytes(entry)))


def test_what_is_no_tar_at_all_is_called_that(expect_error):
    with expect_error("ARC006", "tar byte 512"):
        members(b"model weights, not a tar " * 100)


def test_a_refusal_says_where_in_the_tar(forge, expect_error):
    with expect_error("ARC006", "tar byte 1536"):
        members(forge.entry() + b"x" * BLOCK)


def test_a_refused_entry_is_named(forge, expect_error):
    with expect_error("ARC009", "entry 'weights/link'"):
        members(forge.tar(forge.header(b"weights/link", kind=b"2")))


def test_the_headers_of_an_entry_are_bounded(forge, expect_error):
    comment = forge.pax({b"comment": b"c" * 60_000}, b"g")
    assert members(forge.tar(*[comment] * 4, forge.entry())) == [("model.bin", b"weights")]
    with expect_error("ARC020", f"tar byte {5 * len(comment)}"):
        members(forge.tar(*[comment] * 5, forge.entry()))


def test_the_extended_headers_of_all_entries_are_bounded(forge, expect_error):
    comment = forge.pax({b"comment": b"c" * 1000}, b"g")
    walk = TarWalk(io.BytesIO(forge.tar(comment, forge.entry(b"a"), comment, forge.entry(b"b"))).read)
    walk._headers_bytes = ALL_HEADERS_BYTES - (len(comment) - BLOCK)
    members_of_walk = iter(walk)
    assert next(members_of_walk).name == "a"
    with expect_error("ARC020", f"tar byte {2 * len(comment) + 2 * BLOCK}"):
        next(members_of_walk)


def test_names_that_stand_there_already_are_minded(forge, expect_error):
    names = Names()
    names.add("model.bin", is_directory=False)
    with expect_error("ARC010", "entry 'model.bin'"):
        list(TarWalk(io.BytesIO(forge.tar(forge.entry())).read, names=names))
