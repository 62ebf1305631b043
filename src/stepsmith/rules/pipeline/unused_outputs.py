"""RES010: a step whose outputs nothing consumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.pipeline.compilation import ALL_USABLE_OUTPUTS, Compilation
from stepsmith.step.specification import NodeType

if TYPE_CHECKING:
    from collections.abc import Iterator


def _check(compilation: Compilation) -> Iterator[Finding]:
    explanations = [explanation for _, explanation in compilation.inputs]
    if compilation.resolved.keys() != compilation.steps.keys() or any(each.error for each in explanations):
        return  # it is not known yet what reads the outputs
    providers = {each.source.provider.name for each in explanations if each.source and each.source.provider}
    for name, builder in compilation.builders.items():
        outputs = [output.logical_name for output in builder.specification.outputs]
        if outputs and name not in providers and builder.specification.node_type is not NodeType.SINK:
            message = f"nothing consumes what the step leaves: {', '.join(outputs)}"
            fix = (
                "put a step that needs it after this one; or ignore this, where the output is what the pipeline is for"
            )
            yield RULE.finding(message, path=("steps", name), fix=fix, requires=[ALL_USABLE_OUTPUTS])


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
