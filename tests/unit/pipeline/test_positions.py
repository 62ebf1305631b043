from __future__ import annotations

import pytest

from stepsmith.diagnostics import ABOUT_KEY, Faults, Finding, Position
from stepsmith.pipeline.positions import PositionMap
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
    return read_yaml(TEXT, "p.yaml", str, Faults())[1]


@pytest.mark.parametrize(
    ("path", "at"),
    [
        (("name",), "p.yaml:1:7"),
        (("steps", "model", "type"), "p.yaml:3:17"),
        (("steps", "model", "after", 1), "p.yaml:3:31"),
        (("steps", "model", "model_input"), "p.yaml:3:3"),
        (("steps",), "p.yaml:2:1"),
        (("steps", "model", "role"), "p.yaml:4:7"),
        (("steps", "model", "env", "A"), "p.yaml:5:21"),
        (("steps", "model", "env", "A", "inside"), "p.yaml:5:21"),
        (("steps", "model", "Arguments", "Unknown"), "p.yaml:3:3"),
        ((), "p.yaml:1:1"),
        (("nowhere",), "p.yaml:1:1"),
    ],
)
def test_a_finding_is_placed_at_the_longest_part_of_its_path(places, path, at):
    assert places.locate(Finding("STP201", "wrong", path)).at == at


def test_a_finding_about_a_key_is_placed_at_the_key(places):
    found = places.locate(Finding("YML006", "wrong", ("steps", "model", "type"), data=ABOUT_KEY))
    assert found.at == "p.yaml:3:11"


def test_a_name_may_have_points_in_it():
    places = read_yaml("steps:\n  a: {type: T}\n  a.b: {type: T}\n  c.d:\n    type: T\n", "p.yaml", str, Faults())[1]
    assert places.locate(Finding("DEF101", "wrong", ("steps", "a.b"), data=ABOUT_KEY)).at == "p.yaml:3:3"
    assert places.locate(Finding("STP201", "wrong", ("steps", "c.d", "type"))).at == "p.yaml:5:11"


def test_what_has_a_place_keeps_it(places):
    finding = Finding("STP201", "wrong", "name", position=Position("other.py", 1, 1))
    assert places.locate(finding) is finding


def test_a_finding_shows_the_line_and_a_caret(places):
    excerpt = places.locate(Finding("STP201", "wrong", ("steps", "model", "after", 0))).position.excerpt
    assert excerpt == "  model: {type: T, after: [a, b]}\n                           ^"


def test_of_the_whole_file_no_line_is_shown(places):
    assert places.locate(Finding("YML008", "wrong")).position.excerpt == ""


def test_a_place_in_another_file_is_taken_with_all_that_is_in_it(places):
    mine = PositionMap("mine.yaml")
    mine.copy(places, ("steps", "model"))
    assert mine.locate(Finding("STP201", "wrong", ("steps", "model", "after", 0))).at == "p.yaml:3:28"
    assert mine.locate(Finding("STP201", "wrong", "name")).at == "mine.yaml:1:1"
