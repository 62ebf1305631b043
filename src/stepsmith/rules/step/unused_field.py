"""STP125: a config has a field of its own that nothing uses."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from stepsmith.build.processing import ProcessingStepBuilder
from stepsmith.build.request_table import Argument
from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.step.config import ProcessingStepConfigBase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.rules.step_code import StepCode


def _check(step: StepCode) -> Iterator[Finding]:
    config, builder, contract = step.declaration.config_class, step.declaration.builder_class, step.contract
    used = {dependency.logical_name for dependency in step.declaration.specification.dependencies}
    if contract is not None:
        used |= {*contract.ports, *contract.expected_arguments.values()}
    if issubclass(builder, ProcessingStepBuilder):
        used |= set(builder.fields_of_ports.values())
    # The config's checks may read its fields, and a table beside the builder may name them.
    for tree in [*(tree for _, tree in step.builders), *_modules_of(step)]:
        for node in ast.walk(tree):
            used |= _fields_read(node)
    for name in config.model_fields:
        if name not in used and name not in ProcessingStepConfigBase.model_fields:
            message = f"nothing uses the field {name!r} of {config.__name__}"
            fix = "give it to the script by an argument of the contract, read it in the builder, or remove it"
            yield RULE.finding(message, fix=fix, position=step.locate(name, layer="config"))


def _modules_of(step: StepCode) -> list[ast.Module]:
    """The modules that declare the config, whose checks may read its fields, or the builder, and those they import."""
    names = {step.declaration.config_class.__name__, step.declaration.builder_class.__name__}
    nodes = {path: list(ast.walk(tree)) for path, tree in step.layers.items()}
    own = [path for path in nodes if any(isinstance(node, ast.ClassDef) and node.name in names for node in nodes[path])]
    imports = [node for path in own for node in nodes[path] if isinstance(node, ast.ImportFrom) and node.module]
    imported = {str(node.module).rpartition(".")[2] for node in imports}
    return [tree for path, tree in step.layers.items() if path in own or path.stem in imported]


def _fields_read(node: ast.AST) -> set[str]:
    """The attribute that a node reads, by a dot or by `getattr`, or the field that a row of a request names."""
    if isinstance(node, ast.Attribute):
        return {node.attr}
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", Argument.__name__):
        return {arg.value for arg in node.args[1:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return set()


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
