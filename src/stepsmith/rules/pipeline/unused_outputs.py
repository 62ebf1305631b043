"""RES010: a step whose outputs nothing consumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.layers.specification import NodeType
from stepsmith.rules.rule import About, Example, Rule

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
            yield RULE.finding(what, where=("steps", name), fix=fix)


RULE = Rule(
    code="RES010",
    title="Outputs that nothing consumes",
    why="The step runs, and costs what it costs, and no other reads what it leaves. Often the step that should have read "
    "it is filled by something else.",
    about=About.PIPELINE,
    example=Example(
        "pipeline.yaml",
        "  register:\n",
        "  extra:\n    type: DummyTraining\n    pretrained_model_path: model/\n  register:\n",
    ),
    is_warning=True,
    check=_check,
)
