"""STP125: a config has a field of its own that nothing uses."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from stepsmith.build.processing import ProcessingStepBuilder
from stepsmith.build.request_table import Argument
from stepsmith.diagnostics import About, Example, Rule
from stepsmith.step.config import ProcessingStepConfigBase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.diagnostics import Finding
    from stepsmith.rules.step_sources import StepSources


def _check(declared: StepSources) -> Iterator[Finding]:
    config, contract = declared.step.config_class, declared.contract
    used = {dependency.logical_name for dependency in declared.step.specification.dependencies}
    if contract is not None:
        used |= {*contract.ports, *contract.expected_arguments.values()}
    if issubclass(declared.step.builder_class, ProcessingStepBuilder):
        used |= set(declared.step.builder_class.fields_of_ports.values())
    read = {
        found
        for tree in [*(tree for _, tree in declared.builders), *_modules_of(declared)]
        for node in ast.walk(tree)
        for found in _read(node)
    }
    for name in config.model_fields:
        if name not in (*used, *read, *ProcessingStepConfigBase.model_fields):
            what = f"nothing uses the field {name!r} of {config.__name__}"
            fix = "give it to the script by an argument of the contract, read it in the builder, or remove it"
            yield RULE.finding(what, fix=fix, at=declared.place_of(name, first="config"))


def _modules_of(declared: StepSources) -> list[ast.Module]:
    """The modules that declare the config, whose checks may read its fields, or the builder, and those they import."""
    names = {declared.step.config_class.__name__, declared.step.builder_class.__name__}
    nodes = {path: list(ast.walk(tree)) for path, tree in declared.layers.items()}
    own = [path for path in nodes if any(isinstance(node, ast.ClassDef) and node.name in names for node in nodes[path])]
    imports = [node for path in own for node in nodes[path] if isinstance(node, ast.ImportFrom) and node.module]
    imported = {str(node.module).rpartition(".")[2] for node in imports}
    return [tree for path, tree in declared.layers.items() if path in own or path.stem in imported]


def _read(node: ast.AST) -> Iterator[str]:
    """The attribute that a node reads, by a point or by `getattr`, or the value that a row of a request names."""
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("getattr", Argument.__name__)
    ):
        yield from (one.value for one in node.args[1:2] if isinstance(one, ast.Constant) and isinstance(one.value, str))


RULE = Rule(
    code="STP125",
    title="A field that nothing uses",
    why="Users who set it expect an effect.",
    about=About.STEP,
    fix="Pass the field to the script as an argument of the contract, read it in the builder, or remove it.",
    example=Example(
        "src/example_step/step.py",
        "    @classmethod",
        '    depth: int = Field(default=1, description="How deep to look.")\n\n    @classmethod',
    ),
    is_warning=True,
    check=_check,
)
