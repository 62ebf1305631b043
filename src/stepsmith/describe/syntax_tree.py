"""The syntax trees of steps' files."""

from __future__ import annotations

import ast

# Deeper than anything that people write; whoever walks a tree by calling itself comes no deeper in every Python.
LIMIT_DEPTH = 200


def syntax_tree_of(text: str) -> ast.Module:
    """The syntax tree of a text.

    Raises: SyntaxError or ValueError when it is no Python, or is nested too deep.
    """
    try:
        tree = ast.parse(text)
    except (RecursionError, MemoryError) as error:
        raise SyntaxError("it is nested too deep") from error
    level: list[ast.AST] = [tree]
    for _ in range(LIMIT_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return tree
    raise SyntaxError("it is nested too deep")
