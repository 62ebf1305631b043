"""What is refused before anything runs: a definition that cannot run here, and parameters that do not fit it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.definition.checks import STRUCTURE, faults_of
from stepsmith.definition.model import COMPLETED
from stepsmith.definition.references import parameter_of, references_in
from stepsmith.errors import DefinitionError, Faults, RunError, error_of, nearest
from stepsmith.local.requirements import refuse_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.definition.assets import Compiled
    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.definition.references import Scalar

LOCAL_ROLE = "arn:aws:iam::000000000000:role/local"
SUPPORTED = ("Processing", "RegisterModel")


def refuse_unrunnable(definition: PipelineDefinition, compiled: Compiled) -> None:
    """Raises: every reason, together, why the definition cannot run on this machine."""
    faults = Faults()
    for finding in faults_of(definition, STRUCTURE):
        faults.add(error_of(finding))
    for step in definition.steps:
        if step.type not in SUPPORTED:
            what = f"a step of type {step.type} does not run on this machine"
            fix = f"types that do: {', '.join(SUPPORTED)}; deploy the pipeline to run it on SageMaker"
            faults.add(RunError("RUN001", what, where=f"steps.{step.name}", fix=fix))
        for name, trigger in step.dependencies:
            if trigger not in (None, COMPLETED):
                what = f"the step is to run when {name!r} ends as {trigger}, which this machine does not do"
                fix = "let it wait for the step by its name, or deploy the pipeline to run it on SageMaker"
                faults.add(RunError("RUN007", what, where=f"steps.{step.name}", fix=fix))
    with faults.caught():
        refuse_missing(compiled.assets)
    faults.raise_if_any()


def parameter_values(definition: PipelineDefinition, given: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The value of each parameter; one that only names a role need not be given, for no role is used here.

    Raises: DefinitionError when one is unknown, missing, or not of its type.
    """
    faults = Faults()
    known = {parameter.name: parameter for parameter in definition.parameters}
    for name in (name for name in given if name not in known):
        what = f"the pipeline has no parameter {name!r}"
        faults.add(DefinitionError("DEF110", what, where=name, fix=nearest(name, known)))
    roles = _roles(definition)
    values: dict[str, Scalar] = {}
    for name, parameter in known.items():
        value = given.get(name, parameter.default)
        if value is None and name in roles:
            value = LOCAL_ROLE
        with faults.caught():
            if value is None:
                what = f"the parameter {name!r} has no default and is not given"
                raise DefinitionError("DEF013", what, where=name, fix=f"give it: --parameter {name}=VALUE")
            parameter.check(value)
            values[name] = value
    faults.raise_if_any()
    return values


def _roles(definition: PipelineDefinition) -> set[str]:
    """The parameters that are read as a RoleArn and as nothing else."""
    as_role: set[str] = set()
    elsewhere: set[str] = set()
    for step in definition.steps:
        for member, value in step.arguments.items():
            names = {name for one in references_in(value) if (name := parameter_of(one)) is not None}
            (as_role if member == "RoleArn" else elsewhere).update(names)
    return as_role - elsewhere
