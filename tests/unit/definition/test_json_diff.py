"""Values are compared path by path, lists by the names of their entries where these have any."""

from __future__ import annotations

import pytest

from stepsmith.definition.json_diff import changes_of, function_name


def told(before, after):
    return [(change.kind, change.place, change.before, change.after) for change in changes_of(before, after)]


@pytest.mark.parametrize("value", [None, 1, "a", [], {}, [{"Name": "a"}], {"a": [1, {"b": True}]}])
def test_a_value_does_not_differ_from_itself(value):
    assert told(value, value) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 2}, [("changed", "a", 1, 2)]),
        ({"a": 1}, {"b": 1}, [("removed", "a", 1, None), ("added", "b", None, 1)]),
        ({"a": 1}, {"a": True}, [("changed", "a", 1, True)]),
        ({"a b": {"c": 1}}, {"a b": {"c": 2}}, [("changed", "['a b'].c", 1, 2)]),
        ({"a": {"Get": "x"}}, {"a": {"Get": "y"}}, [("changed", "a", {"Get": "x"}, {"Get": "y"})]),
        ([1, 2, 3], [1, 3], [("removed", "[1]", 2, None)]),
        ([1, 2], [2, 1], [("reordered", "", [1, 2], [2, 1])]),
        (["--seed", "0"], ["--seed", "1"], [("changed", "['--seed']", "0", "1")]),
        (
            [{"InputName": "a", "X": 1}, {"InputName": "b"}],
            [{"InputName": "b"}, {"InputName": "a", "X": 2}],
            [("changed", "['a'].X", 1, 2), ("reordered", "", ["a", "b"], ["b", "a"])],
        ),
    ],
)
def test_what_differs_is_told_by_its_place(before, after, expected):
    assert told(before, after) == expected


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"Get": "x"}, "Get"),
        ({"Std:Join": {}}, "Join"),
        ({"Get": "x", "b": 1}, ""),
        ({"a": 1}, ""),
        ("Get", ""),
        ({}, ""),
    ],
)
def test_a_function_of_the_language_is_known(value, name):
    assert function_name(value) == name
