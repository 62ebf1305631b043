"""DEF101, DEF102: names of steps and parameters that the service would refuse, or that stand twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.definition.model import all_steps
from stepsmith.diagnostics import ABOUT_KEY, About, Example, Finding, Rule
from stepsmith.sagemaker.identifiers import PARAMETER_NAME, PIPELINE_NAME, STEP_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stepsmith.definition.model import PipelineDefinition


def check_names(definition: PipelineDefinition) -> list[Finding]:
    """Findings about the names of the steps and of the parameters."""
    return [
        *(finding for step in all_steps(definition.steps) for finding in check_step_name(step.name)),
        *_duplicates("steps", (step.name for step in all_steps(definition.steps))),
        *(
            Finding(
                "DEF101",
                f"{parameter.name!r} cannot be the name of a parameter",
                ("parameters", parameter.name),
                "use at most 256 letters, digits, hyphens and underscores",
                data=ABOUT_KEY,
            )
            for parameter in definition.parameters
            if not PARAMETER_NAME.fullmatch(parameter.name)
        ),
        *_duplicates("parameters", (parameter.name for parameter in definition.parameters)),
    ]


def check_step_name(name: str) -> list[Finding]:
    """A finding when the service would refuse `name` as the name of a step."""
    if STEP_NAME.fullmatch(name):
        return []
    fix = "use at most 64 letters, digits, hyphens and underscores"
    return [Finding("DEF101", f"{name!r} cannot be the name of a step", ("steps", name), fix, data=ABOUT_KEY)]


def check_pipeline_name(name: str) -> list[Finding]:
    """A finding when the service would refuse `name` as the name of a pipeline."""
    if PIPELINE_NAME.fullmatch(name):
        return []
    fix = "use at most 256 letters, digits and hyphens, beginning and ending with a letter or digit"
    return [Finding("DEF101", f"{name!r} cannot be the name of a pipeline", ("name",), fix)]


def _duplicates(kind: str, names: Iterable[str]) -> Iterator[Finding]:
    names_seen: set[str] = set()
    for name in names:
        if name in names_seen:
            yield Finding("DEF102", f"two {kind} are named {name!r}", (kind, name), "rename one of them")
        names_seen.add(name)


RULES = (
    Rule(
        "DEF101",
        "An invalid name",
        "SageMaker refuses the name. Step names have at most 64 letters, digits, hyphens and underscores; "
        "names of pipelines and parameters have their own rules.",
        About.DEFINITION,
        "Use only the characters, and at most the length, that the message gives.",
        Example("definition.json", '"Name": "tell"', '"Name": "tell them"'),
    ),
    Rule(
        "DEF102",
        "A duplicate name",
        "References name a step or a parameter, so each name may be used once.",
        About.DEFINITION,
        "Rename one of the two.",
        Example("definition.json", '"Name": "tell"', '"Name": "stop"'),
    ),
)
