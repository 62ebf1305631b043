"""What can be seen of a step's script without running it: its imports, the environment and the paths that it reads."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from stepsmith.describe.syntax_tree import syntax_tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ENVIRON, _GETENV = "os.environ", "os.getenv"
_READING_METHODS = ("get", "pop")
_IMPORTERS = ("importlib.import_module", "__import__")
_GUARDS = ("ImportError", "ModuleNotFoundError")


@dataclass(frozen=True)
class Script:
    """A script: its file, its text and its syntax tree."""

    path: Path
    text: str
    tree: ast.Module

    @classmethod
    def of(cls, path: Path, text: str) -> Script:
        """The script of a file.

        Raises: SyntaxError or ValueError when it is no Python that can be read.
        """
        return cls(path, text, syntax_tree_of(text))

    @cached_property
    def imports(self) -> dict[str, ast.AST]:
        """The dotted name of each module that it imports, but for a type checker alone, and the first place."""
        result: dict[str, ast.AST] = {}
        for name, node in _imported(self.tree):
            result.setdefault(name, node)
        for name, call in self.calls:
            if name in _IMPORTERS and call.args and (module := self.text_of(call.args[0])):
                result.setdefault(module, call)
        return result

    @cached_property
    def parts(self) -> dict[str, ast.AST]:
        """The modules that it imports, and what it imports of them by name: `urllib`, and `urllib.request` of that."""
        result = dict(self.imports)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    result.setdefault(f"{node.module}.{alias.name}", node)
        return result

    @cached_property
    def guarded(self) -> set[str]:
        """The modules that it imports where it can do without: in a `try` whose ImportError is caught."""
        tries = (node for node in ast.walk(self.tree) if isinstance(node, ast.Try) and _catches_import(node))
        result = set()
        for part in (part for node in tries for part in node.body):
            result |= {name for name, _ in _imported(part)}
            if isinstance(part, ast.ImportFrom):
                result |= {f"{part.module}.{alias.name}" for alias in part.names}
        return result

    @cached_property
    def calls(self) -> list[tuple[str, ast.Call]]:
        """Each call, by the dotted name of what is called, as the script's imports have it."""
        called = ((self.name_of(node.func), node) for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return [(name, node) for name, node in called if name]

    @cached_property
    def variables(self) -> dict[str, ast.AST]:
        """Each environment variable that it reads by a name that can be seen, and the first place."""
        result: dict[str, ast.AST] = {}
        for node, key in self._keys:
            name = self.text_of(key)
            if name is not None:
                result.setdefault(name, node)
        return result

    @cached_property
    def set_variables(self) -> set[str]:
        """The environment variables that it sets, or gives a value where they have none."""
        nodes = [
            *(
                node.slice
                for node in ast.walk(self.tree)
                if isinstance(node, ast.Subscript) and self.name_of(node.value) == _ENVIRON
            ),
            *(call.args[0] for name, call in self.calls if name == f"{_ENVIRON}.setdefault" and call.args),
        ]
        return {text for text in map(self.text_of, nodes) if text is not None}

    @cached_property
    def hands_on_the_environment(self) -> bool:
        """Whether nobody can say what is read of the environment: it is handed on, or read by a name not seen here."""
        if any(self.text_of(key) is None for _, key in self._keys):
            return True
        by_name = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Subscript)}
        by_name |= {
            id(comparator)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Compare)
            for comparator in node.comparators
        }
        called = {id(node.func) for node in ast.walk(self.tree) if isinstance(node, ast.Call)}
        methods = {f"{_ENVIRON}.{name}" for name in (*_READING_METHODS, "setdefault", "update")}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute) and self.name_of(node.value) == _ENVIRON:
                by_name.add(id(node.value))
                if self.name_of(node) not in methods or id(node) not in called:
                    return True
        loaded = (node for node in ast.walk(self.tree) if isinstance(getattr(node, "ctx", None), ast.Load))
        return any(self.name_of(node) == _ENVIRON and id(node) not in by_name for node in loaded)

    def name_of(self, node: ast.AST | None) -> str:
        """The dotted name that a node is, as the script's imports have it, or ""."""
        first, dot, rest = dotted(node).partition(".")
        return f"{self._bound.get(first, first)}{dot}{rest}"

    def text_of(self, node: ast.AST | None) -> str | None:
        """The text that a node is: a literal, or a name that is given one text and no other."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        texts = self._constants.get(node.id, set()) if isinstance(node, ast.Name) else set()
        return next(iter(texts)) if len(texts) == 1 else None

    @cached_property
    def texts(self) -> list[tuple[str, ast.AST]]:
        """Each literal text but for docstrings, and its place."""
        docstrings = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Expr)}
        return [
            (node.value, node)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
        ]

    @cached_property
    def _keys(self) -> list[tuple[ast.AST, ast.AST | None]]:
        """Each reading of the environment, and what says the name."""
        result: list[tuple[ast.AST, ast.AST | None]] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Subscript) and self.name_of(node.value) == _ENVIRON:
                if isinstance(node.ctx, ast.Load):
                    result.append((node, node.slice))
            elif isinstance(node, ast.Compare) and self.name_of(node.comparators[0]) == _ENVIRON:
                result.append((node, node.left))
            elif isinstance(node, ast.Call) and self._reads_environment(self.name_of(node.func)):
                nodes = [keyword.value for keyword in node.keywords if keyword.arg in ("key", "default")]
                result.append((node, node.args[0] if node.args else nodes[0] if nodes else None))
        return result

    def _reads_environment(self, name: str) -> bool:
        return name == _GETENV or any(name == f"{_ENVIRON}.{method}" for method in _READING_METHODS)

    @cached_property
    def _bound(self) -> dict[str, str]:
        """Each name that an import binds, and the dotted name of what it stands for."""
        result: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                result |= {alias.asname: alias.name for alias in node.names if alias.asname}
            elif isinstance(node, ast.ImportFrom) and node.module:
                result |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        return result

    @cached_property
    def _constants(self) -> dict[str, set[str | None]]:
        result: dict[str, set[str | None]] = {}
        for name, value in _assigned(self.tree):
            text = value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
            result.setdefault(name, set()).add(text)
        return result


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
    elif isinstance(node, ast.If) and dotted(node.test).rpartition(".")[2] == "TYPE_CHECKING":
        for part in node.orelse:
            yield from _imported(part)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _imported(child)


def _catches_import(node: ast.Try) -> bool:
    kinds = [handler.type for handler in node.handlers]
    nodes = [comparator for kind in kinds for comparator in (kind.elts if isinstance(kind, ast.Tuple) else [kind])]
    return any(kind is None or dotted(kind) in (*_GUARDS, "Exception") for kind in nodes)


def _assigned(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Each name and what it is given: by an assignment, by `with … as`, or by a loop, whose values are not seen."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            if isinstance(node.target, ast.Name) and node.value:
                yield node.target.id, node.value
        elif isinstance(node, ast.withitem):
            if isinstance(node.optional_vars, ast.Name):
                yield node.optional_vars.id, node.context_expr
        elif isinstance(node, ast.For | ast.AugAssign | ast.comprehension):
            if isinstance(node.target, ast.Name):
                yield node.target.id, node
        elif isinstance(node, ast.arg):
            yield node.arg, node
