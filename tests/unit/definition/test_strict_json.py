"""JSON is read strictly, and what is refused is refused at its line and column."""

from __future__ import annotations

import json

import pytest

from stepsmith.definition.strict_json import parse_json


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("[1,", id="ends early"),
        pytest.param('{"a": 1,\n "b": tru', id="ends in a word"),
        pytest.param('{"a": 1,\n "a": 2}', id="a name twice"),
        pytest.param('{"a": {"b": 1}, "c": [{"b": 1, "b": 1}]}', id="a name twice deep inside"),
        pytest.param('{"\\u0061": 1, "a": 2}', id="a name twice, once escaped"),
        pytest.param('{"a": "NaN", "b": [1, NaN]}', id="NaN"),
        pytest.param("[-Infinity]", id="-Infinity"),
        pytest.param('["x", "\\ud800"]', id="a lone surrogate, escaped"),
        pytest.param('["\ud800"]', id="a lone surrogate"),
    ],
)
def test_what_is_refused_is_told_with_its_place(expect_error, text):
    with expect_error("DEF020"):
        parse_json(text)


def test_a_number_of_too_many_digits_is_refused(expect_error):
    with expect_error("DEF020", text=False):  # Python's own words, which differ by its version
        parse_json("[" + "1" * 5000 + "]")


@pytest.mark.parametrize(
    "text", ['{"a": {"a": 1}, "b": ["a", "a"]}', '["\\ud83d\\ude00", "\\\\ud800"]', '{"NaN": "NaN"}', "[]", "1e5"]
)
def test_what_only_looks_like_it_is_read(text):
    assert parse_json(text) == json.loads(text)
