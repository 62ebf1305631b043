import pytest

from stepsmith.definition.property_path import json_path, property_path


def shapes(parts):
    return parts and [(part.member, part.index, part.key) for part in parts]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        (".A.B", [("A", None, None), ("B", None, None)]),
        (".A[0]", [("A", None, None), (None, 0, None)]),
        (""".A['b.c']["d"]""", [("A", None, None), (None, None, "b.c"), (None, None, "d")]),
        ("A", None),
        (".A['b", None),
        (".A['b\"]", None),
        (".a-b", None),
        (".A B", None),
    ],
)
def test_a_property_path_has_members_indexes_and_keys(text, parts):
    assert shapes(property_path(text)) == parts


def test_a_json_path_may_begin_without_a_dot_and_have_hyphens():
    assert shapes(json_path("metrics.auc-1[2]")) == [("metrics", None, None), ("auc-1", None, None), (None, 2, None)]
    assert json_path("a b") is None
