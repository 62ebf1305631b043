"""Which names an archive's entries may have, alone and beside each other."""

from __future__ import annotations

import tracemalloc

import pytest

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.names import (
    ENTRIES,
    NAME_BYTES,
    NAME_DEPTH,
    NAMES_BYTES,
    Names,
    normal_name,
    path_inside,
)


def entry_named(raw):
    """Where a fault of an entry's name is."""
    return "entry " + repr(raw[:80].decode("utf-8", "backslashreplace"))


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"model.bin", "model.bin"),
        (b"./model.bin", "model.bin"),
        (b"code/inference.py", "code/inference.py"),
        (b"./code//./inference.py", "code/inference.py"),
        (b"code/", "code"),
        (b".", ""),
        (b"./", ""),
        (b"././", ""),
        (b"..model", "..model"),
        (b"model..", "model.."),
        (b".../model", ".../model"),
        (b" model ", " model "),
        ("modèle/重み.bin".encode(), "modèle/重み.bin"),
        (b"a" * 255, "a" * 255),
    ],
)
def test_a_safe_name_has_one_form(raw, name):
    assert normal_name(raw) == name


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"..",
        b"../model.bin",
        b"./../model.bin",
        b"code/../model.bin",
        b"code/..",
        b"code//../..//model.bin",
        b"/model.bin",
        b"//model.bin",
        b"/",
        b"code\\inference.py",
        b"..\\model.bin",
        b"C:\\model.bin",
        b"model\xff.bin",
        b"model\xc3",
        b"model\xc0\xaf.bin",
        b"model\xed\xa0\x80.bin",
    ],
)
def test_an_unsafe_name_is_refused_with_the_reason(raw, expect_error):
    with expect_error("ARC008", entry_named(raw)):
        normal_name(raw)


def test_a_control_character_is_refused(refusal, snapshot):
    names = [f"model{chr(code)}.bin" for code in (*range(32), 127, 128, 133, 159)]
    faults = [refusal(normal_name, name.encode()) for name in names]
    assert [(fault.code, fault.where) for fault in faults] == [("ARC008", f"entry {name!r}") for name in names]
    snapshot("\n".join(sorted({fault.what for fault in faults})))


def test_the_longest_name_is_admitted_and_a_byte_more_is_not(expect_error):
    longest = b"/".join([b"a" * 127] * 32)
    assert len(longest) + 1 == NAME_BYTES
    assert normal_name(longest + b"b") == longest.decode() + "b"
    with expect_error("ARC008", f"entry '{'a' * 80}'"):
        normal_name(longest + b"bc")


def test_the_deepest_name_is_admitted_and_a_folder_more_is_not(expect_error):
    deepest = b"/".join([b"a"] * NAME_DEPTH)
    assert normal_name(deepest).count("/") == NAME_DEPTH - 1
    with expect_error("ARC008", f"entry '{'a/' * 40}'"):
        normal_name(deepest + b"/a")


def test_a_part_that_no_file_system_can_hold_is_refused(expect_error):
    with expect_error("ARC008", f"entry 'code/{'a' * 75}'"):
        normal_name(b"code/" + b"a" * 256)


@pytest.mark.parametrize("raw", [b"../\xff\n\x1b[31m", b"../" + b"a" * 5000], ids=["not printable", "long"])
def test_a_refusal_shows_the_name_in_one_short_printable_line(raw, expect_error):
    with expect_error("ARC008", entry_named(raw)) as raised:
        normal_name(raw)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 300


# --- links ---


@pytest.mark.parametrize(
    ("name", "target", "leads_to"),
    [
        ("link", b"model.bin", "model.bin"),
        ("a/link", b"model.bin", "a/model.bin"),
        ("a/link", b"./b/../model.bin", None),
        ("a/b/link", b"../../model.bin", "model.bin"),
        ("a/b/link", b"../../../model.bin", None),
        ("link", b"..", None),
        ("link", b"/etc/passwd", None),
        ("a/link", b"..", None),
        ("link", b".", None),
    ],
)
def test_a_link_leads_to_a_name_inside_or_nowhere(name, target, leads_to):
    assert path_inside(name, target) == leads_to


@pytest.mark.parametrize(
    "target", [b"a\\b", b"a\nb", b"\xff", b"x/" * 65 + b"y"], ids=["backslash", "line end", "not UTF-8", "too deep"]
)
def test_a_link_s_target_must_be_a_name_as_any_other(target, expect_error):
    with expect_error("ARC008", entry_named(target)):
        path_inside("link", target)


# --- names beside each other ---


def names_of(*those):
    names = Names()
    for name in those:
        names.add(name.rstrip("/"), name.endswith("/"))
    return names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "a"),
        ("a/", "a/"),
        ("a", "A"),
        ("Code/a", "code/b"),
        ("\u00e9", "e\u0301"),
        ("stra\u00dfe", "STRASSE"),
        ("a", "a/b"),
        ("a/b", "a"),
        ("a", "a/"),
        ("a/", "a"),
    ],
)
def test_two_names_that_cannot_stand_beside_each_other_are_refused(one, other, expect_error):
    with expect_error("ARC010", f"entry '{other.rstrip('/')}'"):
        names_of(one, other)


@pytest.mark.parametrize(
    "those", [("a/b", "a/"), ("a/", "a/b", "a/c"), ("ab/c", "a/b"), ("/", "a"), ("a", "b", "a.b")], ids=" ".join
)
def test_names_that_can_stand_beside_each_other_are_admitted(those):
    names = names_of(*those)
    assert [names.has_file(name) for name in those] == [not name.endswith("/") for name in those]


@pytest.mark.parametrize("name", ["b", "A", "a/b", "d", "d/e", "d/F", "g", ""])
def test_a_name_of_no_file_is_that_of_none(name):
    assert not names_of("a", "d/f", "g/").has_file(name)


def add_until_refused(names, new):
    """How many of the new names are added to the others before one is refused, and the fault of that one."""
    count = 0
    with pytest.raises(ArchiveFault) as raised:  # noqa: PT012 - where it is raised is what is asked
        for name in new:
            names.add(name, is_directory=False)
            count += 1
    return count, raised.value


@pytest.mark.parametrize(
    ("seen", "name", "more"),
    [
        ({"entries": ENTRIES - 10}, "{}", 10),
        ({"folders": ENTRIES - 600}, "{:5}" + "x/" * 60 + "y" * 200, 10),
        ({"name_bytes": NAMES_BYTES - 5050}, "{:6}" + "y" * 249 + "/" + "y" * 249, 10),
        ({"name_bytes": NAMES_BYTES - 7}, "\u00e9{}", 2),
    ],
    ids=["entries", "folders", "bytes of names", "bytes, not characters"],
)
def test_names_are_bounded_in_number_and_in_all_their_bytes(seen, name, more, names_after, snapshot):
    count, fault = add_until_refused(names_after(**seen), map(name.format, range(100)))
    assert (count, fault.code, fault.where) == (more, "ARC020", f"entry '{name.format(more)}'")
    snapshot(fault.what)


@pytest.mark.parametrize(
    "deep",
    ["/".join("x" * 62), "/".join(["x" * 62] * 63), "a/" * 8 + "b" * 200],
    ids=["many short parts", "many long parts", "few parts"],
)
def test_what_is_kept_of_names_is_bounded_however_deep_they_are(deep, names_after):
    # The last tenth of what the bounds admit takes at most a tenth of the 64 MiB that all of it may take.
    names = names_after(ENTRIES * 9 // 10, ENTRIES * 9 // 10, NAMES_BYTES * 9 // 10)
    tracemalloc.start()
    _, fault = add_until_refused(names, (f"{number}/{deep}" for number in range(ENTRIES)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (fault.code, peak < (64 << 20) // 10) == ("ARC020", True)
