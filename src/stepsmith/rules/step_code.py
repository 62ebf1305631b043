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
        modules = sorted(path.parent.glob("*.py"), key=lambda module: (module != path, module)) if path else []
        script = self.script.path if self.script else None
        return {module: tree for module in modules if module != script and (tree := _tree_of(module))}

    @cached_property
    def builders(self) -> list[tuple[Path, ast.ClassDef]]:
        """The classes that make up its builder, in any file, except the bases of all builders."""
        bases = (ProcessingStepBuilder, StepBuilderBase, object)
        classes = [kind for kind in self.declaration.builder_class.__mro__ if kind not in bases]
        return [node for kind in classes if kind.__module__ not in ("abc", "typing") for node in _class_nodes(kind)]

    def locate(self, *names: str, layer: str = "") -> Position | None:
        """The position of the first of these names, as a text, a constant or an identifier; else of the layer.

        Each is looked for in `layer` ("script" is the script), and then in all modules of the layers. Without a layer,
        the position is that of the builder.
        """
        nodes = list(self._nodes_of(layer))
        for name in names:
            for path, tree in (*nodes, *self.layers.items()):
                for node in ast.walk(tree):
                    if name in (_text_of(node, self._constants), _declared_name(node)):
                        return position_of(path, node)
        return next((position_of(path, node) for path, node in (*nodes, *self.builders)), None)

    @cached_property
    def _constants(self) -> dict[str, str]:
        """The text of each constant that the modules of the layers define."""
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
            yield from _class_nodes(self.declaration.config_class)
        elif layer in _OBJECTS:
            for path, tree in self.layers.items():
                calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
                yield from ((path, call) for call in calls if ast.unparse(call.func).endswith(_OBJECTS[layer]))


def position_of(path: Path, node: ast.AST | None = None) -> Position:
    """The position of a node in a file, or of the start of the file."""
    return Position(relative_to_cwd(path), getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1)


def _class_nodes(kind: type) -> list[tuple[Path, ast.ClassDef]]:
    """The definition of a class, if its file can be read."""
    path = _file_of(kind)
    tree = _tree_of(path) if path else None
    nodes = ast.walk(tree) if tree else ()
    return [(path, node) for node in nodes if path and isinstance(node, ast.ClassDef) and node.name == kind.__name__]


def _text_of(node: ast.AST, constants: dict[str, str]) -> str | None:
    """The text that a node writes, or reads by the name of a constant."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return constants.get(node.id)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


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
