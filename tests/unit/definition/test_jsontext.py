"""JSON is read strictly, and what is refused is refused at its line and column."""

from __future__ import annotations

import json

import pytest

from stepsmith.definition.jsontext import json_of
from stepsmith.errors import DefinitionError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value at line 1, column 1"),
        ("[1,", "Expecting value at line 1, column 4"),
        ('{"a": 1,\n "b": tru', "Expecting value at line 2, column 7"),
        ('{"a": 1,\n "a": 2}', "'a' stands twice in one object, at line 2, column 2"),
        ('{"a": {"b": 1}, "c": [{"b": 1, "b": 1}]}', "'b' stands twice in one object, at line 1, column 32"),
        ('{"\\u0061": 1, "a": 2}', "'a' stands twice in one object, at line 1, column 15"),
        ('{"a": "NaN", "b": [1, NaN]}', "NaN is no number there, at line 1, column 23"),
        ("[-Infinity]", "-Infinity is no number there, at line 1, column 2"),
        ('["x", "\\ud800"]', "half a character (a lone surrogate), at line 1, column 7"),
        ('["\ud800"]', "half a character (a lone surrogate), at line 1, column 2"),
        ("[" + "1" * 5000 + "]", "not JSON that can be read"),
    ],
)
def test_what_is_refused_is_told_with_its_place(text, said):
    with pytest.raises(DefinitionError) as refused:
        json_of(text)
    assert refused.value.findings[0].code == "DEF020"
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "text", ['{"a": {"a": 1}, "b": ["a", "a"]}', '["\\ud83d\\ude00", "\\\\ud800"]', '{"NaN": "NaN"}', "[]", "1e5"]
)
def test_what_only_looks_like_it_is_read(text):
    assert json_of(text) == json.loads(text)
