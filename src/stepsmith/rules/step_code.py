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
    from stepsmith.build.declaration import StepDeclaration
    from stepsmith.step.contract import ScriptContract


@dataclass(frozen=True)
class StepCode:
    """A step's declaration with its source code."""

    declaration: StepDeclaration

    @property
    def contract(self) -> ScriptContract | None:
        """The contract of its script, or None if it runs no script."""
        return self.declaration.specification.script_contract

    @cached_property
    def script(self) -> Script | None:
        """Its script, or None if it has no script that can be read."""
        builder = self.declaration.builder_class
        if not issubclass(builder, ProcessingStepBuilder) or self.contract is None:
            return None
        path = builder.script()
        try:
            return Script.of(Path(str(path)), path.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError):
            return None  # STP106 reports it

    @cached_property
    def layers(self) -> dict[Path, ast.Module]:
        """The modules of its layers: that of its builder and those beside it, except the script."""
        path = _file_of(self.declaration.builder_class)
        modules = sorted(path.parent.glob("*.py")) if path else []
        script = self.script.path if self.script else None
        return {module: tree for module in modules if module != script and (tree := _tree_of(module))}

    @cached_property
    def builders(self) -> list[tuple[Path, ast.ClassDef]]:
        """The classes that make up its builder, in any file, except the bases of all builders."""
        bases = (ProcessingStepBuilder, StepBuilderBase, object)
        classes = [kind for kind in self.declaration.builder_class.__mro__ if kind not in bases]
        return [
            (path, node)
            for kind in classes
            if kind.__module__ != "abc" and (path := _file_of(kind)) and (tree := _tree_of(path))
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and node.name == kind.__name__
        ]

    def locate(self, *names: str, layer: str = "") -> Position | None:
        """The position of the first of these names that its layers contain, or else of its builder.

        A name is a text or an identifier. The file whose name contains `layer` is searched first; "script" is the
        script.
        """
        trees = dict(self.layers)
        if layer == "script" and self.script:
            trees = {self.script.path: self.script.tree, **trees}
        paths = sorted(trees, key=lambda path: (layer not in path.stem, path != next(iter(trees))))
        for name in names:
            for path in paths:
                for node in ast.walk(trees[path]):
                    if (isinstance(node, ast.Constant) and node.value == name) or _declared_name(node) == name:
                        return position_of(path, node)
        if layer and paths and layer in paths[0].stem:
            return position_of(paths[0])
        builder = self.declaration.builder_class
        builder_path = _file_of(builder)
        if builder_path is None:
            return None
        return Position(relative_to_cwd(builder_path), inspect.getsourcelines(builder)[1], 1)


def position_of(path: Path, node: ast.AST | None = None) -> Position:
    """The position of a node in a file, or of the start of the file."""
    return Position(relative_to_cwd(path), getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1)


def _declared_name(node: ast.AST) -> str | None:
    """The name of the field or keyword that a node declares."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return node.arg if isinstance(node, ast.keyword) else None


def _tree_of(path: Path) -> ast.Module | None:
    try:
        return syntax_tree_of(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return None  # a module that could be imported can be read; other files beside it may not


def _file_of(kind: type) -> Path | None:
    try:
        return Path(inspect.getsourcefile(kind) or "")
    except TypeError:
        return None
