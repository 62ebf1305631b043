"""RES010: a step whose outputs nothing consumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Rule
from stepsmith.pipeline.compilation import ALL_OFFERED
from stepsmith.step.specification import NodeType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.diagnostics import Finding
    from stepsmith.pipeline.compilation import Compilation


def _check(compilation: Compilation) -> Iterator[Finding]:
    read = {one.source.provider.name for _, one in compilation.inputs if one.source and one.source.provider}
    if compilation.resolved.keys() != compilation.steps.keys() or any(one.error for _, one in compilation.inputs):
        return  # nobody knows yet what reads it
    for name, builder in compilation.builders.items():
        offered = [output.logical_name for output in builder.specification.outputs]
        if offered and name not in read and builder.specification.node_type is not NodeType.SINK:
            what = f"nothing consumes what the step leaves: {', '.join(offered)}"
            fix = (
                "put a step that needs it after this one; or ignore this, where the output is what the pipeline is for"
            )
            yield RULE.finding(what, where=("steps", name), fix=fix, requires=[ALL_OFFERED])


RULE = Rule(
    code="RES010",
    title="An output that no step uses",
    why="The step runs and costs money, but no other step reads its output. Often another source fills the "
    "input that should have read it.",
    about=About.PIPELINE,
    fix="Add a step that uses the output, or correct `after` and `inputs`. If the output is the result of "
    "the pipeline, ignore this warning in a comment.",
    example=Example(
        "pipeline.yaml",
        "  register:\n",
        "  extra:\n    type: DummyTraining\n    pretrained_model_path: model/\n  register:\n",
    ),
    is_warning=True,
    check=_check,
)
