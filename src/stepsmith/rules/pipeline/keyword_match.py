"""RES012: an input that is filled for sharing a keyword alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.resolve.resolver import KEYWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.pipeline.compilation import Compilation


def _check(compilation: Compilation) -> Iterator[Finding]:
    for name, explanation in compilation.inputs:
        if explanation.source and explanation.source.rule == KEYWORD:
            field = explanation.dependency.logical_name
            message = f"{field} is filled by {explanation.source} for sharing a keyword alone"
            fix = f"where it is meant, say so: inputs: {{{field}: {explanation.source}}}"
            yield RULE.finding(
                message, path=("steps", name, field), fix=fix, requires=compilation.source_requirements(name)
            )


RULE = Rule(
    code="RES012",
    title="An input that only a keyword fills",
    why="A shared keyword is the weakest rule: an output of a compatible type has one of the input's "
    "keywords in its name. Another step with such an output would make it ambiguous.",
    about=About.PIPELINE,
    fix="If it is what you want, wire the input explicitly: `inputs: {input: step.output}`.",
    example=Example("pipeline.yaml", "    after: package\n", "    after: model\n"),
    is_warning=True,
    check=_check,
)
