from __future__ import annotations

import pytest

from stepsmith.errors import Finding
from stepsmith.pipeline.places import Place, Places
from stepsmith.pipeline.yaml_text import read_yaml

TEXT = """\
name: p
steps:
  model: {type: T, after: [a, b]}
role: x
defaults: {env: {A: b}}
"""


@pytest.fixture
def places():
    return read_yaml(TEXT, "p.yaml", str)[1]


@pytest.mark.parametrize(
    ("code", "where", "at"),
    [
        ("STP201", "name", "p.yaml:1:7"),
        ("STP201", "steps.model.type", "p.yaml:3:17"),
        ("YML006", "steps.model.type", "p.yaml:3:11"),
        ("STP201", "steps.model.after[1]", "p.yaml:3:31"),
        ("RES001", "steps.model.model_input", "p.yaml:3:3"),
        ("STP201", "steps", "p.yaml:2:1"),
        ("DEF134", "steps.model.Arguments.RoleArn", "p.yaml:4:7"),
        ("DEF170", "steps.model.Arguments.Environment['A']", "p.yaml:5:21"),
        ("DEF130", "steps.model.Arguments.Unknown", "p.yaml:3:3"),
        ("YML008", "", "p.yaml:1:1"),
        ("YML008", "nowhere", "p.yaml:1:1"),
    ],
)
def test_a_finding_is_placed_at_the_longest_part_of_its_path(places, code, where, at):
    assert places.locate(Finding(code, "wrong", where)).at == at


def test_a_name_may_have_points_in_it():
    places = read_yaml("steps:\n  a: {type: T}\n  a.b: {type: T}\n  c.d:\n    type: T\n", "p.yaml", str)[1]
    assert places.locate(Finding("DEF101", "wrong", "steps.a.b")).at == "p.yaml:3:3"
    assert places.locate(Finding("STP201", "wrong", "steps.c.d.type")).at == "p.yaml:5:11"


def test_what_has_a_place_keeps_it(places):
    finding = Finding("STP201", "wrong", "name", at="other.py:1:1")
    assert places.locate(finding) is finding


def test_a_finding_shows_the_line_and_a_caret(places):
    excerpt = places.locate(Finding("STP201", "wrong", "steps.model.after[0]")).excerpt
    assert excerpt == "  model: {type: T, after: [a, b]}\n                           ^"


def test_of_the_whole_file_no_line_is_shown(places):
    assert places.locate(Finding("YML008", "wrong")).excerpt == ""


@pytest.mark.parametrize(("column", "shown"), [(1, "x"), (500, "x"), (1000, "x")])
def test_of_a_long_line_the_part_around_the_place_is_shown(column, shown):
    line, caret = Place("p", 1, column, "-" * (column - 1) + shown + "-" * (1000 - column)).excerpt.splitlines()
    assert len(line) <= 100
    assert line[caret.index("^")] == shown


def test_what_a_terminal_would_obey_is_not_shown():
    assert Place("p", 1, 1, "a\x1b[31m\tb").excerpt == "a [31m b\n^"
    assert Place("p", 1, 1, "\x1b").excerpt == ""


def test_a_place_in_another_file_is_taken_with_all_that_is_in_it(places):
    mine = Places("mine.yaml")
    mine.take(places, ("steps", "model"))
    assert mine.locate(Finding("STP201", "wrong", "steps.model.after[0]")).at == "p.yaml:3:28"
    assert mine.locate(Finding("STP201", "wrong", "name")).at == "mine.yaml:1:1"
