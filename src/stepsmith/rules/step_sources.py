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

# The layers that are objects, and the class of each.
_OBJECTS = {"contract": "ScriptContract", "specification": "StepSpecification", "declaration": "StepDeclaration"}


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
        beside = sorted(source.parent.glob("*.py"), key=lambda path: (path != source, path))
        return dict(_parsed(path for path in beside if path != script))

    @cached_property
    def builders(self) -> list[tuple[Path, ast.ClassDef]]:
        """The classes that make up its builder, wherever they stand, but for the bases of all builders."""
        bases = (ProcessingStepBuilder, StepBuilderBase, object)
        modules = ("abc", "typing")
        own = [kind for kind in self.step.builder_class.__mro__ if kind not in bases and kind.__module__ not in modules]
        return [found for kind in own for found in _class_of(kind)]

    def place_of(self, *words: str, first: str = "") -> Position | None:
        """Where the first of these words is written as a text, a constant or a name; else where the layer begins.

        A word is looked for in the layer that `first` names, "script" included, and then in all modules of the layers.
        Without a layer, it is where the builder begins.
        """
        layer = list(self._nodes_of(first))
        for word in words:
            for path, tree in (*layer, *self.layers.items()):
                for node in ast.walk(tree):
                    if word in (_text_of(node, self._constants), _name_of(node)):
                        return position_of(path, node)
        return next((position_of(path, node) for path, node in (*layer, *self.builders)), None)

    @cached_property
    def _constants(self) -> dict[str, str]:
        """The text of each name that the modules of the layers give one to."""
        return {
            target.id: node.value.value
            for tree in self.layers.values()
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def _nodes_of(self, layer: str) -> Iterator[tuple[Path, ast.AST]]:
        """What a layer is written as: the script, a class, or the call that makes an object; with its file."""
        if layer == "script" and self.script:
            yield self.script.path, self.script.tree
        elif layer == "config":
            yield from _class_of(self.step.config_class)
        elif layer in _OBJECTS:
            for path, tree in self.layers.items():
                calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
                yield from ((path, call) for call in calls if ast.unparse(call.func).endswith(_OBJECTS[layer]))


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


def _text_of(node: ast.AST, constants: dict[str, str]) -> str | None:
    """The text that a node writes, or reads by the name of a constant."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return constants.get(node.id)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


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
