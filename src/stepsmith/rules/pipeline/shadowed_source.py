"""RES011: a value that the user wrote, and an output upstream, that would fill the same input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.resolve.resolver import WRITTEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.pipeline.compilation import Compilation


def _check(compilation: Compilation) -> Iterator[Finding]:
    for name, explanation in compilation.inputs:
        field, selected = explanation.dependency.logical_name, explanation.source
        if selected is None:
            continue
        if selected.rule == WRITTEN:
            rivals = list(explanation.rivals())
            if not rivals:
                continue
            others = sum(count - 1 for _, count in rivals)
            named = ", ".join(str(source) for source, _ in rivals) + (f" and {others} more" if others else "")
            message = f"{field} is filled by the value that is written, and could be by {named}"
        elif explanation.is_written:
            message = f"{field} is filled by {selected}, by {selected.rule}, and not by the value that is written"
        else:
            continue
        fix = f"remove the value, or what is upstream from `after`; or wire it: inputs: {{{field}: step.output}}"
        yield RULE.finding(
            message, path=("steps", name, field), fix=fix, requires=compilation.source_requirements(name)
        )


RULE = Rule(
    code="RES011",
    title="A configured value and a previous output for the same input",
    why="Only one of them is used: an output with exactly the input's name comes before a configured value, "
    "and that comes before an alias or a keyword. You may have meant the other one.",
    about=About.PIPELINE,
    fix="Remove the value, remove the step from `after`, or wire the input: `inputs: {input: step.output}`.",
    example=Example(
        "pipeline.yaml",
        "    pretrained_model_path: model/\n",
        "    pretrained_model_path: model/\n    after: packaged\n"
        "  packaged:\n    type: DummyTraining\n    pretrained_model_path: model/\n",
    ),
    is_warning=True,
    check=_check,
)
