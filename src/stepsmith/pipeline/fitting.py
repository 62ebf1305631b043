"""Parameters where the service wants a value of another type: made text where it wants text, refused elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.definition.references import Get, Join, Reference, parameter_of
from stepsmith.errors import DefinitionError, Faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stepsmith.definition.model import Step
    from stepsmith.definition.parameters import Parameter

# The members of the requests that we make which are no text, and the type of a parameter that fits each.
# Source: CreateProcessingJob and CreateModelPackage in botocore's sagemaker/2017-07-24 service model.
_TYPES = {
    "InstanceCount": "Integer",
    "VolumeSizeInGB": "Integer",
    "MaxRuntimeInSeconds": "Integer",
    "EnableNetworkIsolation": "Boolean",
    "EnableInterContainerTrafficEncryption": "Boolean",
}


def fitted(value: Any, parameters: Mapping[str, Parameter], member: str = "") -> Any:
    """A step's arguments in which each parameter fits where it stands.

    One that is no String becomes text by a `Join` of it alone, as the SDK's `to_string` does.
    """
    if isinstance(value, dict):
        return {key: fitted(item, parameters, key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fitted(item, parameters, member) for item in value]
    name = parameter_of(value) if isinstance(value, Get) else None
    parameter = parameters.get(name) if name is not None else None
    if parameter is None or parameter.type == "String" or member in _TYPES:
        return value
    return Join("", [value])


def refuse_misfits(step: Step, parameters: Mapping[str, Parameter]) -> None:
    """Raises: DefinitionError when a parameter stands where its type does not fit."""
    faults = Faults()
    for member, value in _members(step.arguments):
        name = parameter_of(value) if isinstance(value, Reference) else None
        parameter = parameters.get(name) if name is not None else None
        if parameter is not None and parameter.type != _TYPES[member]:
            what = f"the parameter {name!r} is of type {parameter.type}, and {member} takes {_TYPES[member]}"
            fix = f"declare it so: parameters: {{{name}: {{type: {_TYPES[member]}}}}}"
            faults.add(DefinitionError("DEF120", what, where=f"steps.{step.name}", fix=fix))
    faults.raise_if_any()


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in _TYPES:
                yield key, item
            else:
                yield from _members(item)
    elif isinstance(value, list):
        for item in value:
            yield from _members(item)
