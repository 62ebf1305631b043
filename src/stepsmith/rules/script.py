"""What can be seen of a step's script without running it: its imports, the environment and the paths that it reads."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ENVIRON, _GETENV = ("os.environ", "environ"), ("os.getenv", "getenv")
_ML_ROOT = "/opt/ml/"


@dataclass(frozen=True)
class Script:
    """A script: its file, its text and its syntax tree."""

    path: Path
    text: str
    tree: ast.Module

    @classmethod
    def of(cls, path: Path, text: str) -> Script:
        """The script of a file.

        Raises: SyntaxError when it is no Python.
        """
        return cls(path, text, ast.parse(text))

    @cached_property
    def imports(self) -> dict[str, ast.AST]:
        """The dotted name of each module that it imports, but for a type checker alone, and the first place."""
        found: dict[str, ast.AST] = {}
        for name, node in _imported(self.tree):
            found.setdefault(name, node)
        return found

    @cached_property
    def calls(self) -> list[tuple[str, ast.Call]]:
        """Each call, by the dotted name of what is called, as the script's imports have it."""
        names = dict(_bound(self.tree))
        return [
            (_full(dotted(node.func), names), node)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call) and dotted(node.func)
        ]

    @cached_property
    def variables(self) -> dict[str, ast.AST]:
        """Each environment variable that it reads by name, and the first place."""
        found: dict[str, ast.AST] = {}
        for node in ast.walk(self.tree):
            name = _variable(node)
            if name is not None:
                found.setdefault(name, node)
        return found

    @cached_property
    def hands_on_the_environment(self) -> bool:
        """Whether it gives the whole environment to something else, so that nobody can say what is read of it."""
        read = {
            id(inner)
            for node in ast.walk(self.tree)
            for inner in (getattr(node, "value", None), getattr(node, "comparators", [None])[0])
            if isinstance(node, ast.Attribute | ast.Subscript | ast.Compare)
        }
        return any(
            dotted(node) in _ENVIRON and id(node) not in read and isinstance(getattr(node, "ctx", None), ast.Load)
            for node in ast.walk(self.tree)
        )

    @cached_property
    def paths(self) -> dict[str, ast.AST]:
        """Each path below /opt/ml that it names, and the first place."""
        found: dict[str, ast.AST] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(_ML_ROOT):
                found.setdefault(node.value, node)
        return found


def dotted(node: ast.AST | None) -> str:
    """The dotted name that a node is, or "".

    >>> dotted(ast.parse("a.b.c").body[0].value)
    'a.b.c'
    """
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else f".{node.attr}"
    return ""


def _imported(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, node) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield "." * node.level + (node.module or ""), node
    elif not (isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")):
        for child in ast.iter_child_nodes(node):
            yield from _imported(child)


def _bound(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Each name that an import binds, and the dotted name of what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _full(name: str, names: dict[str, str]) -> str:
    first, dot, rest = name.partition(".")
    return f"{names.get(first, first)}{dot}{rest}"


def _variable(node: ast.AST) -> str | None:
    """The environment variable that a node reads: `os.environ["A"]`, `os.environ.get("A")`, `os.getenv("A")`."""
    key: ast.AST | None = None
    if isinstance(node, ast.Subscript) and dotted(node.value) in _ENVIRON:
        key = node.slice
    elif isinstance(node, ast.Compare) and dotted(node.comparators[0]) in _ENVIRON:
        key = node.left
    elif isinstance(node, ast.Call) and node.args:
        name = dotted(node.func)
        if name in _GETENV or any(name == f"{one}.get" for one in _ENVIRON):
            key = node.args[0]
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
