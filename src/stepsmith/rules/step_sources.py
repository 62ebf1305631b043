"""A step as rules look at it: its declaration, and the files in which its layers and its script are written."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from stepsmith.build.builder import StepBuilderBase
from stepsmith.build.processing import ProcessingStepBuilder
from stepsmith.describe.script_analysis import Script
from stepsmith.describe.syntax_tree import syntax_tree_of
from stepsmith.diagnostics import Position, relative_to_cwd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.build.declaration import StepDeclaration
    from stepsmith.step.contract import ScriptContract


@dataclass(frozen=True)
class StepSources:
    """A step's declaration with its sources."""

    step: StepDeclaration

    @property
    def contract(self) -> ScriptContract | None:
        """The contract of its script, None where it runs none."""
        return self.step.specification.script_contract

    @cached_property
    def script(self) -> Script | None:
        """Its script, None where it has none that can be read."""
        builder = self.step.builder_class
        if not issubclass(builder, ProcessingStepBuilder) or self.contract is None:
            return None
        place = builder.script()
        try:
            return Script.of(Path(str(place)), place.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError):
            return None  # STP106 says so

    @cached_property
    def layers(self) -> dict[Path, ast.Module]:
        """The modules of its layers: that of its builder and those beside it, but for the script."""
        source = _file_of(self.step.builder_class)
        if source is None:
            return {}
        script = self.script.path if self.script else None
        return dict(_parsed(path for path in sorted(source.parent.glob("*.py")) if path != script))

    @cached_property
    def builders(self) -> list[tuple[Path, ast.ClassDef]]:
        """The classes that make up its builder, wherever they stand, but for the bases of all builders."""
        bases = (ProcessingStepBuilder, StepBuilderBase, object)
        own = [kind for kind in self.step.builder_class.__mro__ if kind not in bases and kind.__module__ != "abc"]
        return [found for kind in own for found in _class_of(kind)]

    def place_of(self, *words: str, first: str = "") -> Position | None:
        """Where in its layers the first of these words stands as a text or a name; else where its builder begins.

        The layer whose file has `first` in its name is looked through before the others; "script" is the script.
        """
        files = dict(self.layers)
        if first == "script" and self.script:
            files = {self.script.path: self.script.tree, **files}
        for word in words:
            for path in sorted(files, key=lambda path: (first not in path.stem, path != next(iter(files)))):
                for node in ast.walk(files[path]):
                    if (isinstance(node, ast.Constant) and node.value == word) or _name_of(node) == word:
                        return position_of(path, node)
        for path in files:
            if first and first in path.stem:
                return position_of(path)
        source = _file_of(self.step.builder_class)
        if source is None:
            return None
        return Position(relative_to_cwd(source), inspect.getsourcelines(self.step.builder_class)[1], 1)


def _class_of(kind: type) -> Iterator[tuple[Path, ast.ClassDef]]:
    path = _file_of(kind)
    for source, tree in _parsed(iter([path] if path else [])):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
                yield source, node


def position_of(path: Path, node: ast.AST | None = None) -> Position:
    """The position of a node in a file, or of the file's beginning."""
    line, column = (getattr(node, "lineno", 1), getattr(node, "col_offset", 0)) if node is not None else (1, 0)
    return Position(relative_to_cwd(path), line, column + 1)


def _name_of(node: ast.AST) -> str | None:
    """The name that a node declares: a field's, or a keyword's."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return node.arg if isinstance(node, ast.keyword) else None


def _parsed(paths: Iterator[Path]) -> Iterator[tuple[Path, ast.Module]]:
    for path in paths:
        try:
            yield path, syntax_tree_of(path.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError):  # noqa: PERF203 - each file is read for itself
            continue  # a module that could be imported can be read; what lies beside it need not


def _file_of(kind: type) -> Path | None:
    try:
        return Path(inspect.getsourcefile(kind) or "")
    except TypeError:
        return None
