"""Parameters that are no text where the service wants text: made text when the pipeline executes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.definition.references import Get, Join, parameter_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.definition.parameters import Parameter

# The members of the requests that we make which are no text; `definition.checks.arguments` says what does not fit them.
# Source: CreateProcessingJob and CreateModelPackage in botocore's sagemaker/2017-07-24 service model.
_NO_TEXT = (
    "InstanceCount",
    "VolumeSizeInGB",
    "MaxRuntimeInSeconds",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
)


def fitted(value: Any, parameters: Mapping[str, Parameter], member: str = "") -> Any:
    """A step's arguments in which each parameter fits where it stands; its type is the reference's, or `parameters`'.

    One that is no String becomes text by a `Join` of it alone, as the SDK's `to_string` does.
    """
    if isinstance(value, dict):
        return {key: fitted(item, parameters, key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fitted(item, parameters, member) for item in value]
    if not isinstance(value, Get) or member in _NO_TEXT or _type_of(value, parameters) in ("", "String"):
        return value
    return Join("", [value])


def _type_of(reference: Get, parameters: Mapping[str, Parameter]) -> str:
    parameter = parameters.get(parameter_of(reference) or "")
    return parameter.type if parameter else reference.type
