"""STP271: inference code that cannot be imported."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from stepsmith.describe.syntax_tree import syntax_tree_of
from stepsmith.diagnostics import About, Example, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.definition.assets import Asset
    from stepsmith.pipeline.compilation import Compilation


def _check(compilation: Compilation) -> Iterator[Finding]:
    for step in compilation.built.values():
        config = compilation.builders[step.name].config if step.name in compilation.builders else None
        code, entry_point = getattr(config, "code", None), getattr(config, "entry_point", None)
        if code is None or entry_point is None:
            continue
        path, fix = ("steps", step.name, "code"), "correct it; the container fails to start"
        for asset in step.assets:
            if entry_point in [item.name for item in asset.objects]:
                for message in _problems(asset):
                    yield RULE.finding(message, path=path, fix=fix)


def _problems(asset: Asset) -> Iterator[str]:
    """What is wrong with each Python file: it is not valid, or it imports what is not beside it."""
    names = {PurePosixPath(item.name) for item in asset.objects}
    for item in asset.objects:
        path = PurePosixPath(item.name)
        if path.suffix != ".py":
            continue
        try:
            tree = syntax_tree_of(b"".join(item.chunks()).decode())
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            yield f"{path} is no Python: {getattr(error, 'msg', error)}{f', line {line}' if line else ''}"
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level and not _is_beside(node, path, names):
                yield f"{path} imports {'.' * node.level}{node.module or ''}, which is not beside it, line {node.lineno}"


def _is_beside(node: ast.ImportFrom, path: PurePosixPath, names: set[PurePosixPath]) -> bool:
    if node.level > len(path.parents):
        return False
    folder = path.parents[node.level - 1]
    module = folder.joinpath(*(node.module or "").split(".")) if node.module else None
    modules = [module] if module is not None else [folder / alias.name for alias in node.names]
    return all(path.with_suffix(".py") in names or path / "__init__.py" in names for path in modules) or (
        module is None and folder / "__init__.py" in names
    )


RULE = Rule(
    code="STP271",
    title="Inference code that cannot be imported",
    why="The model would be packaged, registered and approved, and the endpoint would fail when its "
    "container starts. Imports of packages are not checked, because Stepsmith does not know what the "
    "image contains.",
    about=About.PIPELINE,
    fix="Fix the syntax error, or add the file that the code imports to the code folder.",
    example=Example("inference/inference.py", "def model_fn(model_dir):", "def model_fn(model_dir)"),
    check=_check,
)
