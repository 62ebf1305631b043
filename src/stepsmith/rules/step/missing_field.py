"""STP126: a builder reads a value of the config that the config does not have."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule, suggest_names
from stepsmith.rules.step_code import StepCode, position_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def _check(step: StepCode) -> Iterator[Finding]:
    config = step.declaration.config_class
    reported: set[str] = set()
    for path, builder in step.builders:
        # `config = self.config` is the config by another name.
        config_names = {"self.config"} | {
            ast.unparse(target)
            for node in ast.walk(builder)
            if isinstance(node, ast.Assign) and ast.unparse(node.value) == "self.config"
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(builder):
            if not (isinstance(node, ast.Attribute) and ast.unparse(node.value) in config_names):
                continue
            if node.attr not in config.model_fields and not hasattr(config, node.attr) and node.attr not in reported:
                reported.add(node.attr)
                message = f"the builder reads {node.attr!r}, which {config.__name__} does not have"
                fix = suggest_names(node.attr, config.model_fields)
                yield RULE.finding(message, fix=fix, position=position_of(path, node))


RULE = Rule(
    code="STP126",
    title="A field that the builder reads and the config does not have",
    why="The builder would raise an AttributeError when a pipeline is compiled, and a user could not do "
    "anything about it.",
    about=About.STEP,
    fix="Correct the name, or add the field to the config.",
    example=Example(
        "src/example_step/step.py",
        "    single_instance = True\n",
        "    single_instance = True\n\n    def requirements(self, staged):\n        return (self.config.titel,)\n",
    ),
    check=_check,
)
