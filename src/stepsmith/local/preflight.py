"""What is refused before anything runs: a definition that cannot run here, and parameters that do not fit it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.definition.checks import STRUCTURE, errors_in
from stepsmith.definition.model import COMPLETED
from stepsmith.definition.parameters import given_values
from stepsmith.definition.references import parameter_of, references_in
from stepsmith.diagnostics import About, Faults, Rule, RunError, error_of
from stepsmith.local.executors import EXECUTORS
from stepsmith.local.installed_packages import check_packages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.definition.assets import Compiled
    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.definition.references import Scalar

LOCAL_ROLE = "arn:aws:iam::000000000000:role/local"


def check_runnable(definition: PipelineDefinition, compiled: Compiled) -> None:
    """Raises: every reason, together, why the definition cannot run on this machine."""
    faults = Faults()
    for finding in () if compiled.is_checked else errors_in(definition, STRUCTURE):
        faults.add(error_of(finding))
    for step in definition.steps:
        if step.type not in EXECUTORS:
            message = f"a step of type {step.type} does not run on this machine"
            fix = f"types that do: {', '.join(EXECUTORS)}; deploy the pipeline to run it on SageMaker"
            faults.add(RunError("RUN001", message, where=("steps", step.name), fix=fix))
        for name, trigger in step.dependencies:
            if trigger not in (None, COMPLETED):
                message = f"the step is to run when {name!r} ends as {trigger}, which this machine does not do"
                fix = "let it wait for the step by its name, or deploy the pipeline to run it on SageMaker"
                faults.add(RunError("RUN007", message, where=("steps", step.name), fix=fix))
    with faults.collect():
        check_packages(compiled.assets)
    faults.raise_if_any()


def parameter_values(definition: PipelineDefinition, overrides: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The value of each parameter; one that only names a role need not be given, for no role is used here.

    Raises: DefinitionError when one is unknown, missing, or not of its type.
    """
    return given_values(definition.parameters, overrides, dict.fromkeys(_roles(definition), LOCAL_ROLE))


def _roles(definition: PipelineDefinition) -> set[str]:
    """The parameters that are read as a RoleArn and as nothing else."""
    as_role: set[str] = set()
    elsewhere: set[str] = set()
    for step in definition.steps:
        for member, value in step.arguments.items():
            names = {name for one in references_in(value) if (name := parameter_of(one)) is not None}
            (as_role if member == "RoleArn" else elsewhere).update(names)
    return as_role - elsewhere


RULES = (
    Rule(
        "RUN001",
        "A step type that does not run locally",
        "Only some step types can run without AWS.",
        About.RUN,
        "Deploy the pipeline to run it on SageMaker, or remove the step for the local run.",
    ),
    Rule(
        "RUN007",
        "A dependency on a failure",
        "A local run starts a step when the steps before it have completed. It cannot start one because "
        "another failed or stopped.",
        About.RUN,
        "Depend on the step by its name only, or deploy the pipeline to run it on SageMaker.",
    ),
)
