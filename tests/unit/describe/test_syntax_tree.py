from __future__ import annotations

import ast

import pytest

from stepsmith.describe.syntax_tree import LIMIT_DEPTH, syntax_tree_of


def test_a_text_is_its_tree():
    assert ast.dump(syntax_tree_of("x = 1")) == ast.dump(ast.parse("x = 1"))


@pytest.mark.parametrize("depth", [LIMIT_DEPTH, 5_000, 50_000])
def test_what_is_nested_too_deep_is_a_syntax_error(snapshot, depth):
    with snapshot.error(SyntaxError):
        syntax_tree_of("x = " + "a + " * depth + "a")


@pytest.mark.parametrize("text", ["def", "x = 1\0"])
def test_what_is_no_python_is_an_error(text):
    with pytest.raises((SyntaxError, ValueError)):
        syntax_tree_of(text)
