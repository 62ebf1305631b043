"""Which names an archive's entries may have, alone and beside each other."""

from __future__ import annotations

import tracemalloc

import pytest

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.names import ENTRIES, NAME_BYTES, NAME_DEPTH, NAMES_BYTES, Names, inside, normal_name


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
    ("raw", "why"),
    [
        (b"", "is empty"),
        (b"..", "climbs out"),
        (b"../model.bin", "climbs out"),
        (b"./../model.bin", "climbs out"),
        (b"code/../model.bin", "climbs out"),
        (b"code/..", "climbs out"),
        (b"code//../..//model.bin", "climbs out"),
        (b"/model.bin", "is absolute"),
        (b"//model.bin", "is absolute"),
        (b"/", "is absolute"),
        (b"code\\inference.py", "backslash"),
        (b"..\\model.bin", "backslash"),
        (b"C:\\model.bin", "backslash"),
        (b"model\xff.bin", "not UTF-8"),
        (b"model\xc3", "not UTF-8"),
        (b"model\xc0\xaf.bin", "not UTF-8"),
        (b"model\xed\xa0\x80.bin", "not UTF-8"),
    ],
)
def test_an_unsafe_name_is_refused_with_the_reason(raw, why):
    with pytest.raises(ArchiveFault, match=rf"^ARC008 .*{why}"):
        normal_name(raw)


@pytest.mark.parametrize("code", [*range(32), 127, 128, 133, 159])
def test_a_control_character_is_refused(code):
    with pytest.raises(ArchiveFault, match=r"^ARC008 .*control characters"):
        normal_name(f"model{chr(code)}.bin".encode())


def test_the_longest_name_is_admitted_and_a_byte_more_is_not():
    longest = b"/".join([b"a" * 127] * 32)
    assert len(longest) + 1 == NAME_BYTES
    assert normal_name(longest + b"b") == longest.decode() + "b"
    with pytest.raises(ArchiveFault, match=r"^ARC008 .*bytes long"):
        normal_name(longest + b"bc")


def test_the_deepest_name_is_admitted_and_a_folder_more_is_not():
    deepest = b"/".join([b"a"] * NAME_DEPTH)
    assert normal_name(deepest).count("/") == NAME_DEPTH - 1
    with pytest.raises(ArchiveFault, match=r"^ARC008 .*folders deep"):
        normal_name(deepest + b"/a")


def test_a_part_that_no_file_system_can_hold_is_refused():
    with pytest.raises(ArchiveFault, match=r"^ARC008 "):
        normal_name(b"code/" + b"a" * 256)


@pytest.mark.parametrize("raw", [b"../\xff\n\x1b[31m", b"../" + b"a" * 5000])
def test_a_refusal_shows_the_name_in_one_short_printable_line(raw):
    with pytest.raises(ArchiveFault) as refusal:
        normal_name(raw)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 300


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
    assert inside(name, target) == leads_to


@pytest.mark.parametrize("target", [b"a\\b", b"a\nb", b"\xff", b"x/" * 65 + b"y"])
def test_a_link_s_target_must_be_a_name_as_any_other(target):
    with pytest.raises(ArchiveFault, match="^ARC008 "):
        inside("link", target)


# --- names beside each other ---


def names_of(*those):
    names = Names()
    for name in those:
        names.add(name.rstrip("/"), name.endswith("/"))
    return names


@pytest.mark.parametrize(
    "those",
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
def test_two_names_that_cannot_stand_beside_each_other_are_refused(those):
    with pytest.raises(ArchiveFault, match="^ARC010 "):
        names_of(*those)


@pytest.mark.parametrize("those", [("a/b", "a/"), ("a/", "a/b", "a/c"), ("ab/c", "a/b"), ("/", "a"), ("a", "b", "a.b")])
def test_names_that_can_stand_beside_each_other_are_admitted(those):
    names = names_of(*those)
    assert [names.has_file(name) for name in those] == [not name.endswith("/") for name in those]


@pytest.mark.parametrize("name", ["b", "A", "a/b", "d", "d/e", "d/F", "g", ""])
def test_a_name_of_no_file_is_that_of_none(name):
    assert not names_of("a", "d/f", "g/").has_file(name)


def added(names):
    """How many of the names can be added, until there are too many."""
    those, count = Names(), 0
    with pytest.raises(ArchiveFault, match="^ARC020 "):  # noqa: PT012 - where it is raised is what is asked
        for name in names:
            those.add(name, is_directory=False)
            count += 1
    return count


def test_names_are_bounded_in_number_and_in_all_their_bytes():
    assert added(str(number) for number in range(ENTRIES + 1)) == ENTRIES
    long = "x/" * 60 + "y" * 200
    assert added(f"{number:5}{long}" for number in range(ENTRIES)) == ENTRIES // 60
    part = "y" * 249
    assert added(f"{number:6}" + part + "/" + part for number in range(ENTRIES)) == NAMES_BYTES // 505


@pytest.mark.parametrize("deep", ["/".join("x" * 62), "/".join(["x" * 62] * 63), "a/" * 8 + "b" * 200])
def test_what_is_kept_of_names_is_bounded_however_deep_they_are(deep):
    tracemalloc.start()
    assert added(f"{number}/{deep}" for number in range(ENTRIES))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20
