"""RES012: an input that is filled for sharing a keyword alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.layers.resolver import KEYWORD
from stepsmith.rules.rule import About, Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.diagnostics import Finding
    from stepsmith.pipeline.compilation import Compilation


def _check(compilation: Compilation) -> Iterator[Finding]:
    for name, one in compilation.inputs:
        if one.source and one.source.rule == KEYWORD:
            field = one.dependency.logical_name
            what = f"{field} is filled by {one.source} for sharing a keyword alone"
            fix = f"where it is meant, say so: inputs: {{{field}: {one.source}}}"
            yield RULE.finding(what, where=("steps", name, field), fix=fix, requires=compilation.offered(name))


RULE = Rule(
    code="RES012",
    title="An input that a keyword fills",
    why="It is the weakest of the rules: an output of a compatible type has one of the input's keywords in its name, and "
    "no other has. Another step upstream may make it a tie tomorrow.",
    about=About.PIPELINE,
    example=Example("pipeline.yaml", "    after: package\n", "    after: model\n"),
    is_warning=True,
    check=_check,
)
