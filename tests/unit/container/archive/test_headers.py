"""What a header says is taken where all readers take it so, and refused where they differ."""

from __future__ import annotations

import io

import pytest

from stepsmith.container.archive.headers import Extended, Member, check_block, member_of, number
from stepsmith.container.archive.names import NAMES_BYTES
from stepsmith.container.archive.walk import TarWalk

LARGE = 9 << 30


def first(*blocks, links=False):
    """The first member of a tar that goes on as it will."""
    return next(iter(TarWalk(io.BytesIO(b"".join(blocks) + bytes(2048)).read, links)))


def walked(tar):
    return list(TarWalk(io.BytesIO(tar).read, links=True))


def with_field(block, start, field):
    """A header with another field, and its checksum right again."""
    changed = bytearray(block)
    changed[start : start + len(field)] = field
    changed[148:156] = b" " * 8
    changed[148:156] = b"%06o\0 " % sum(changed)
    return bytes(changed)


# --- numbers ---


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"0000644\0", 0o644),
        (b"   644 \0", 0o644),
        (b"77777777", 0o77777777),
        (b"\0" * 8, 0),
        (b"\x80" + bytes(6) + b"\x07", 7),
        (b"\x80" + b"\x7f" + b"\xff" * 6, 0x7FFFFFFFFFFFFF),
    ],
)
def test_octal_and_base_256_numbers_are_read(field, value):
    assert number(field, "mode") == value


@pytest.mark.parametrize(
    "field",
    [
        b"0000648\0",
        b"-000644\0",
        b"64 4\0\0\0\0",
        b"\x00000644\0",
        b" " * 8,
        b"\xff" * 8,
        b"\xc0" + bytes(7),
        b"\x80" + b"\xff" * 8,
        b"\x81" + bytes(7),
    ],
    ids=[
        "no octal digit",
        "a sign",
        "a blank inside",
        "a zero in front",
        "blanks",
        "minus one",
        "the least",
        "over 63 bits",
        "over 56 bits",
    ],
)
def test_what_is_no_number_or_none_that_a_file_has_is_refused(field, expect_error):
    with expect_error("ARC006"):
        number(field, "mode")


@pytest.mark.parametrize(
    ("start", "what"), [(108, "owner"), (116, "group"), (136, "time"), (329, "major"), (337, "minor")]
)
@pytest.mark.parametrize("field", [b"00x0000\0", b"\x80" + b"\xff" * 7], ids=["no number", "too much"])
def test_a_number_that_makes_other_readers_stop_is_refused_though_nothing_is_made_of_it(
    start, what, field, forge, expect_error
):
    field = field + b"\xff" * 4 if what == "time" else field
    with expect_error("ARC006", "tar byte 512"):
        first(with_field(forge.header(), start, field))


def test_a_time_before_1970_is_admitted_as_gnu_tar_writes_it(forge):
    assert first(with_field(forge.header(), 136, b"\xff" * 12)).name == "model.bin"


@pytest.mark.parametrize("start", [329, 337])
def test_a_device_number_that_is_blank_is_none(start, forge):
    assert first(with_field(forge.header(), start, b" " * 8)).name == "model.bin"


def test_a_checksum_is_of_signed_or_unsigned_bytes(forge, expect_error):
    block = forge.header("größe".encode())
    check_block(block)
    signed = sum(byte - 256 * (byte >> 7) for byte in block[:148] + b" " * 8 + block[156:])
    check_block(block[:148] + b"%06o\0 " % signed + block[156:])
    with expect_error("ARC006"):
        check_block(block[:148] + b"%06o\0 " % (signed + 1) + block[156:])


# --- two headers for one entry ---


@pytest.mark.parametrize("field", [b"00000000000\0", b"77777777777\0", b"\x80" + LARGE.to_bytes(11, "big")])
def test_a_size_that_its_field_cannot_hold_is_taken_from_the_pax_header(field, forge):
    assert first(forge.pax({b"size": b"%d" % LARGE}), forge.header(size_field=field)).size_bytes == LARGE


@pytest.mark.parametrize(
    "field", [b"00000000007\0", b"\x80" + (LARGE + 1).to_bytes(11, "big")], ids=["octal", "base 256"]
)
def test_a_large_size_that_the_header_contradicts_is_refused(field, forge, expect_error):
    with expect_error("ARC006", "entry 'model.bin'"):
        first(forge.pax({b"size": b"%d" % LARGE}), forge.header(size_field=field))


@pytest.mark.parametrize("size", [0, 6, 8, 0o77777777777])
def test_a_size_that_its_field_holds_is_the_same_in_both(size, forge, expect_error):
    assert first(forge.pax({b"size": b"7"}), forge.header(size=7)).size_bytes == 7
    with expect_error("ARC006", "entry 'model.bin'"):
        first(forge.pax({b"size": b"7"}), forge.header(size=size))


@pytest.mark.parametrize("name", [b"code/", b"code/.", b"."])
@pytest.mark.parametrize("how", ["header", "pax"])
def test_a_file_whose_name_ends_as_a_folder_s_is_refused(name, how, forge, expect_error):
    blocks = [forge.header(name)] if how == "header" else [forge.pax({b"path": name}), forge.header(kind=b"\0")]
    with expect_error("ARC008", f"entry '{name.decode()}'"):
        first(*blocks)


def test_an_empty_pax_path_is_refused(forge, expect_error):
    with expect_error("ARC008", "entry ''"):
        first(forge.pax({b"path": b""}), forge.header())


@pytest.mark.parametrize("value", [b"nan", b"1e400", b"", b"-", b"1" * 19, b"1.5s"])
@pytest.mark.parametrize("key", [b"mtime", b"atime", b"ctime"])
def test_a_pax_time_that_makes_other_readers_crash_is_refused(key, value, forge, expect_error):
    with expect_error("ARC006", "tar byte 1024"):
        first(forge.pax({key: value}), forge.header())


@pytest.mark.parametrize("value", [b"0", b"1700000000", b"1700000000.123456789", b"-1.5", b"12."])
def test_a_pax_time_is_admitted(value, forge):
    assert first(forge.pax({b"mtime": value}), forge.header()).name == "model.bin"


@pytest.mark.parametrize("key", [b"uid", b"gid"])
@pytest.mark.parametrize("value", [b"-1", b"x", b"4294967296", b"9" * 20])
def test_a_pax_owner_that_no_system_has_is_refused(key, value, forge, expect_error):
    with expect_error("ARC006", "tar byte 1024"):
        first(forge.pax({key: value}), forge.header())


@pytest.mark.parametrize("prefix", [b"SCHILY", b"LIBARCHIVE"])
def test_a_file_with_capabilities_is_refused(prefix, forge, expect_error):
    with expect_error("ARC021", "entry 'model.bin'"):
        first(forge.pax({prefix + b".xattr.security.capability": b"\1"}), forge.header())


@pytest.mark.parametrize("key", [b"SCHILY.realsize", b"GNU.sparse.size", b"GNU.volume.label", b"SUN.holesdata"])
@pytest.mark.parametrize(
    ("kind", "code", "where"),
    [(b"x", "ARC009", "entry 'model.bin'"), (b"g", "ARC006", "tar byte 1024")],
    ids=["one entry", "all entries"],
)
def test_a_sparse_file_is_refused_whoever_claims_it(key, kind, code, where, forge, expect_error):
    with expect_error(code, where):
        first(forge.pax({key: b"7"}, kind), forge.header())


@pytest.mark.parametrize("key", [b"k\0", b" path", b"", b"a\nb", b"\tpath"])
def test_a_pax_key_that_ends_what_others_read_is_refused(key, forge, expect_error):
    with expect_error("ARC006", "tar byte 1024"):
        first(forge.pax({key: b"v", b"path": b"harmless"}), forge.header())


def test_a_pax_owner_s_name_is_utf_8(forge, expect_error):
    assert first(forge.pax({b"uname": "jürgen".encode()}), forge.header()).name == "model.bin"
    with expect_error("ARC006", "tar byte 1024"):
        first(forge.pax({b"gname": b"\xfc"}), forge.header())


def test_the_records_of_a_pax_header_are_bounded_in_number(forge, expect_error):
    assert first(forge.pax({b"%d" % number: b"" for number in range(1000)}), forge.header()).name == "model.bin"
    with expect_error("ARC006", "tar byte 7680"):
        first(forge.pax({b"%d" % number: b"" for number in range(1001)}), forge.header())


# --- links ---


def test_a_link_is_a_member_that_leads_to_a_file_inside(forge):
    tar = forge.tar(
        forge.header(b"a/link", kind=b"2", link=b"../model.bin"),
        forge.entry(),
        forge.header(b"b/hard", kind=b"1", link=b"./model.bin"),
        forge.pax({b"linkpath": b"model.bin"}) + forge.header(b"c", kind=b"2", link=b"other"),
        forge.extended(b"K", b"model.bin\0") + forge.header(b"d", kind=b"2", link=b"other"),
    )
    assert {member.name: member.link for member in walked(tar)} == {
        "a/link": "model.bin",
        "model.bin": "",
        "b/hard": "model.bin",
        "c": "model.bin",
        "d": "model.bin",
    }


@pytest.mark.parametrize("kind", [b"1", b"2"], ids=["hard", "symbolic"])
@pytest.mark.parametrize(
    ("link", "hard", "symbolic"),
    [
        (b"../x", "ARC008", "ARC009"),
        (b"/etc/passwd", "ARC008", "ARC009"),
        (b"nowhere", "ARC009", "ARC009"),
        (b"", "ARC008", "ARC009"),
        (b".", "ARC009", "ARC009"),
        (b"d", "ARC009", "ARC009"),
        (b"d/..", "ARC008", "ARC009"),
        (b"self", "ARC009", "ARC009"),
        (b"d/a\nb", "ARC008", "ARC008"),
    ],
    ids=["above", "absolute", "nowhere", "empty", "root", "folder", "above a folder", "itself", "line end"],
)
def test_a_link_that_leads_to_no_file_inside_is_refused_by_its_own_name(
    kind, link, hard, symbolic, forge, expect_error
):
    tar = forge.tar(forge.entry(b"d/x"), forge.header(b"self", kind=kind, link=link))
    with expect_error(hard if kind == b"1" else symbolic, "entry 'self'"):
        walked(tar)


@pytest.mark.parametrize("kind", [b"1", b"2"], ids=["hard", "symbolic"])
def test_a_link_to_a_link_is_refused(kind, forge, expect_error):
    tar = forge.tar(
        forge.entry(), forge.header(b"a", kind=b"2", link=b"model.bin"), forge.header(b"b", kind=kind, link=b"a")
    )
    with expect_error("ARC009", "entry 'b'"):
        walked(tar)


def test_a_hard_link_to_what_comes_after_it_is_refused(forge, expect_error):
    with expect_error("ARC009", "entry 'a'"):
        walked(forge.tar(forge.header(b"a", kind=b"1", link=b"model.bin"), forge.entry()))


def test_a_file_below_a_link_is_refused(forge, expect_error):
    tar = forge.tar(forge.entry(), forge.header(b"a", kind=b"2", link=b"model.bin"), forge.entry(b"a/b"))
    with expect_error("ARC010", "entry 'a/b'"):
        walked(tar)


def test_a_link_with_privileges_or_data_is_refused(forge, expect_error):
    with expect_error("ARC021", "entry 'a'"):
        walked(forge.tar(forge.entry(), forge.header(b"a", kind=b"1", link=b"model.bin", mode=b"0004755\0")))
    with expect_error("ARC006", "entry 'a'"):
        walked(forge.tar(forge.entry(), forge.entry(b"a", kind=b"1", link=b"model.bin")))


def test_a_member_says_its_privileges():
    member = Member("d", 0, is_directory=True, mode=0o5755)
    assert (member.privileges, member._replace(mode=0o755).privileges) == ("setuid, sticky", "")


def test_the_targets_of_links_count_as_names(forge, names_after, expect_error):
    links = (forge.header(name, kind=b"1", link=b"model.bin") for name in (b"a", b"b"))
    names = names_after(name_bytes=NAMES_BYTES - len("model.bin" + "a" + "model.bin" + "b"))
    walk = iter(TarWalk(io.BytesIO(forge.tar(forge.entry(), *links)).read, links=True, names=names))
    assert [next(walk).name, next(walk).name] == ["model.bin", "a"]
    with expect_error("ARC020", "entry 'b'"):
        next(walk)


def test_a_header_alone_is_a_member(forge):
    assert member_of(forge.header(size=7), Extended(), links=False) == Member("model.bin", 7, False, 0o644)  # noqa: FBT003
