"""What can be wrong with an archive is one table, and every fault raised stands in it."""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import re
from pathlib import Path

from stepsmith.container.archive import faults
from stepsmith.container.archive.faults import CODES, ArchiveFault

SOURCES = sorted(Path(faults.__file__).parents[2].rglob("*.py"))
# Some of the sources are no Python 3.8, so that nothing parses them here.
STRING = re.compile(r"""(["'])(ARC\d+)\1""")


def _table_as_written():
    statements = ast.parse(inspect.getsource(faults)).body
    (table,) = (node.value for node in statements if isinstance(node, ast.Assign) and node.targets[0].id == "CODES")
    return [ast.literal_eval(key) for key in table.keys]


@functools.lru_cache(maxsize=None)  # noqa: UP033 - `cache` is of Python 3.9
def _codes_used():
    """Every code that is a string of its own in a source that is not the table."""
    texts = [path.read_text("utf-8") for path in SOURCES if path != Path(faults.__file__)]
    return {code for text in texts for _, code in STRING.findall(text)}


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


def test_a_fault_says_its_code_its_place_and_what_is_wrong(snapshot):
    fault = ArchiveFault("ARC002", "truncated", "byte 7")
    assert (fault.code, fault.what, fault.where) == ("ARC002", "truncated", "byte 7")
    snapshot(fault)


def test_a_fault_without_a_place_says_no_colon(snapshot):
    snapshot(ArchiveFault("ARC011", "no file inside"))


def test_a_fault_is_a_value_error(expect_error):
    with expect_error("ARC001", kind=ValueError):
        raise ArchiveFault("ARC001", "not gzip")


def test_a_fault_survives_being_copied_to_another_process():
    fault = ArchiveFault("ARC002", "truncated", "byte 7")
    there = copy.copy(fault)
    assert (there.code, there.what, there.where, str(there)) == ("ARC002", "truncated", "byte 7", str(fault))


def test_every_code_is_on_the_page_about_archives():
    page = (Path(__file__).parents[4] / "docs" / "archives.md").read_text("utf-8")
    assert [code for code in CODES if code not in page] == []
