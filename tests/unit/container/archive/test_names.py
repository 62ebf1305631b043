"""Which names an archive's entries may have."""

from __future__ import annotations

import pytest

from stepsmith.container.archive.faults import ArchiveFault
from stepsmith.container.archive.names import NAME_BYTES, NAME_DEPTH, normal_name


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
