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
    """A step's arguments in which each parameter fits where it stands.

    One that is no String becomes text by a `Join` of it alone, as the SDK's `to_string` does.
    """
    if isinstance(value, dict):
        return {key: fitted(item, parameters, key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fitted(item, parameters, member) for item in value]
    name = parameter_of(value) if isinstance(value, Get) else None
    parameter = parameters.get(name) if name is not None else None
    if parameter is None or parameter.type == "String" or member in _NO_TEXT:
        return value
    return Join("", [value])
