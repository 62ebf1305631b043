"""What can be wrong with an archive is one table, and every fault raised stands in it."""

from __future__ import annotations

import ast
import copy
import inspect
import re
from pathlib import Path

import pytest

import stepsmith
from stepsmith.container.archive import faults
from stepsmith.container.archive.faults import CODES, ArchiveFault

SOURCES = sorted(Path(stepsmith.__file__).parent.rglob("*.py"))


def _table_as_written():
    statements = ast.parse(inspect.getsource(faults)).body
    (table,) = (node.value for node in statements if isinstance(node, ast.Assign) and node.targets[0].id == "CODES")
    return [ast.literal_eval(key) for key in table.keys]


def _codes_used():
    """The code of every string constant in a source that is not the table."""
    used = set()
    for path in SOURCES:
        if path.name == "faults.py" and path.parent.name == "archive":
            continue
        constants = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant))
        used |= {node.value for node in constants if re.fullmatch(r"ARC\d+", str(node.value))}
    return used


def test_no_code_is_given_twice():
    written = _table_as_written()
    assert written == list(CODES)
    assert len(set(written)) == len(written)


def test_every_code_has_three_digits_and_a_meaning_of_its_own():
    assert all(re.fullmatch(r"ARC\d{3}", code) for code in CODES)
    assert all(CODES.values())
    assert len(set(CODES.values())) == len(CODES)


def test_every_code_that_the_sources_name_stands_in_the_table():
    assert _codes_used() - set(CODES) == set()


def test_every_code_of_the_table_is_raised_somewhere():
    assert set(CODES) - _codes_used() == set()


def test_a_fault_says_its_code_its_place_and_what_is_wrong():
    fault = ArchiveFault("ARC002", "truncated", "byte 7")
    assert str(fault) == "ARC002 byte 7: truncated"
    assert (fault.code, fault.what, fault.where) == ("ARC002", "truncated", "byte 7")


def test_a_fault_without_a_place_says_no_colon():
    assert str(ArchiveFault("ARC011", "no file inside")) == "ARC011 no file inside"


def test_a_fault_is_a_value_error():
    with pytest.raises(ValueError, match="^ARC001 "):
        raise ArchiveFault("ARC001", "not gzip")


def test_a_fault_survives_being_copied_to_another_process():
    fault = copy.copy(ArchiveFault("ARC002", "truncated", "byte 7"))
    assert str(fault) == "ARC002 byte 7: truncated"


def test_every_code_is_on_the_page_about_archives():
    page = (Path(__file__).parents[4] / "docs" / "archives.md").read_text("utf-8")
    assert [code for code in CODES if code not in page] == []
