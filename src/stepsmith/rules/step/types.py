"""STP112: a dependency whose type no output has, or an output whose type is that of an input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Rule
from stepsmith.resolve.compatibility import TAKES
from stepsmith.step.specification import DependencyType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.diagnostics import Finding
    from stepsmith.rules.step_sources import StepSources


def _check(declared: StepSources) -> Iterator[Finding]:
    for dependency in declared.step.specification.dependencies:
        if not TAKES[dependency.dependency_type]:
            what = f"the dependency {dependency.logical_name!r} is a {dependency.dependency_type.value}, which takes nothing"
            yield RULE.finding(
                what,
                fix="leave dependency_type out",
                at=declared.place_of(dependency.logical_name, first="specification"),
            )
    for output in declared.step.specification.outputs:
        if output.output_type is DependencyType.PROCESSING_INPUT:
            what = f"the output {output.logical_name!r} is a {output.output_type.value}, which no input takes"
            yield RULE.finding(
                what, fix="leave output_type out", at=declared.place_of(output.logical_name, first="specification")
            )


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
