"""HSE001: every job says whom it is billed to. HSE002: every step of a package says what it is for, in a sentence."""

from collections.abc import Iterator

from stepsmith import About, Compilation, Finding, Rule, StepCode


def check_cost_centre(compilation: Compilation) -> Iterator[Finding]:
    """A finding for each step whose job has no tag `cost-centre`."""
    for name, builder in compilation.builders.items():
        if builder.service_type == "Processing" and "cost-centre" not in builder.config.tags:
            yield COST_CENTRE.finding(
                "the job has no tag cost-centre",
                path=("steps", name),
                fix="add it: tags: {cost-centre: ...}, in the step or in defaults",
            )


def check_description(code: StepCode) -> Iterator[Finding]:
    """A finding if the step's description is not a sentence."""
    if not code.declaration.description.endswith("."):
        yield DESCRIPTION.finding(
            "the description is not a sentence",
            fix="end it with a full stop",
            position=code.locate(layer="declaration"),
        )


COST_CENTRE = Rule(
    code="HSE001",
    title="A job without a cost centre",
    why="Jobs are billed by the tag cost-centre.",
    about=About.PIPELINE,
    fix="Set the tag in `defaults`, or in the step.",
    check=check_cost_centre,
)
DESCRIPTION = Rule(
    code="HSE002",
    title="A description that is not a sentence",
    why="Our catalogue of steps shows it as it is.",
    about=About.STEP,
    fix="Write a sentence.",
    is_warning=True,
    check=check_description,
)
RULES = (COST_CENTRE, DESCRIPTION)
