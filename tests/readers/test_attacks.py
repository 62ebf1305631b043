"""Each hostile or damaged archive is refused with the code that its table gives, and the page says what is so."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from stepsmith.container.archive.faults import CODES
from stepsmith.container.archive.read import ArchiveFault, read_archive

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "archive-attacks.md").read_text("utf-8")
_spec = importlib.util.spec_from_file_location("attacks", HERE / "attacks.py")
attacks = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(attacks)
TABLE = {**attacks.ATTACKS, **attacks.DAMAGE}


def rows(text=PAGE):
    """The cells of each row of the page's tables, by its first."""
    cells = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in text.splitlines() if line[:1] == "|"]
    return {row[0]: row for row in cells}


@pytest.mark.parametrize("name", [name for name, attack in TABLE.items() if not attack.slow])
def test_what_is_hostile_or_damaged_is_refused_with_its_code(name, tmp_path):
    archive = tmp_path / "model.tar.gz"
    archive.write_bytes(TABLE[name].build(b"/nowhere/outside"))
    with pytest.raises(ArchiveFault) as refused:
        read_archive(str(archive))
    assert refused.value.code == TABLE[name].code
    assert refused.value.where
    assert len(str(refused.value)) < 500


def test_what_surrounds_the_attack_is_sound(tmp_path):
    archive = tmp_path / "model.tar.gz"
    for data in (attacks.SOUND, attacks.beside()):
        archive.write_bytes(data)
        assert read_archive(str(archive)).files == tuple(attacks.WHOLE)


@pytest.mark.parametrize("name", TABLE)
def test_the_last_column_of_the_page_is_what_ours_does(name):
    assert rows()[TABLE[name].what][-1] == f"refused, {TABLE[name].code}"


def test_the_page_has_a_row_for_each_archive_and_no_other():
    written = PAGE.partition("<!-- begin")[2]
    assert set(rows(written)) - {"", " ", "---"} == {attack.what for attack in TABLE.values()}


def test_each_code_of_the_table_is_one_of_ours():
    assert {attack.code for attack in TABLE.values()} <= set(CODES)


def test_each_archive_is_small():
    assert max(len(attack.build(b"/nowhere")) for attack in TABLE.values() if not attack.slow) < 100_000
