"""STP129: a compatible source that is no kind of step, and no step that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule, suggest_names
from stepsmith.registry import default_registry
from stepsmith.resolve.compatibility import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.rules.step_code import StepCode


def _check(step: StepCode) -> Iterator[Finding]:
    known = [*KINDS, step.declaration.name, *default_registry().names()]
    for dependency in step.declaration.specification.dependencies:
        for source in dependency.compatible_sources:
            if source not in known:
                message = f"the source {source!r} of {dependency.logical_name!r} is no kind of step, and no step that is installed"
                fix = suggest_names(source, known)
                yield RULE.finding(message, fix=fix, position=step.locate(source, layer="specification"))


RULE = Rule(
    code="STP129",
    title="An unknown compatible source",
    why="No output comes from such a step, so no keyword can fill the input. The step may belong to a "
    "package that is not installed here.",
    about=About.STEP,
    fix="Correct the name, or install the package that provides the step.",
    example=Example("src/example_step/step.py", '("ProcessingStep", "LocalFile")', '("ProcesingStep", "LocalFile")'),
    is_warning=True,
    check=_check,
)
