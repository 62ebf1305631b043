"""STP112: a dependency whose type no output has, or an output whose type is that of an input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.resolve.compatibility import TAKES
from stepsmith.step.specification import DependencyType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.rules.step_code import StepCode


def _check(step: StepCode) -> Iterator[Finding]:
    specification = step.declaration.specification
    useless = [
        (dependency.logical_name, "dependency", dependency.dependency_type, "which takes nothing")
        for dependency in specification.dependencies
        if not TAKES[dependency.dependency_type]
    ]
    useless += [
        (output.logical_name, "output", output.output_type, "which no input takes")
        for output in specification.outputs
        if output.output_type is DependencyType.PROCESSING_INPUT
    ]
    for name, role, kind, why in useless:
        message = f"the {role} {name!r} is a {kind.value}, {why}"
        yield RULE.finding(message, fix=f"leave {role}_type out", position=step.locate(name, layer="specification"))


RULE = Rule(
    code="STP112",
    title="A type that connects to nothing",
    why="An output fills an input only if their types are compatible. An input with the type of an output "
    "accepts nothing, and an output with the type of an input fills nothing.",
    about=About.STEP,
    fix="Remove `dependency_type` or `output_type`. The default fits.",
    example=Example(
        "src/example_step/step.py",
        "            logical_name=SOURCE,",
        '            logical_name=SOURCE,\n            dependency_type="processing_output",',
    ),
    check=_check,
)
