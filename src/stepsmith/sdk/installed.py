"""The SDK that is installed, as the few of its classes that a step needs. Versions 3 and 2 have them elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pkgutil import resolve_name
from typing import Any

from stepsmith.diagnostics import About, Rule, SdkError

# Where each class is; of the two versions only one can be installed.
_VERSIONS = (
    {
        "step": "sagemaker.mlops.workflow.steps:Step",
        "step_types": "sagemaker.mlops.workflow.steps:StepTypeEnum",
        "properties": "sagemaker.core.workflow.properties:Properties",
        "property_file": "sagemaker.core.workflow.properties:PropertyFile",
        "variable": "sagemaker.core.helper.pipeline_variable:PipelineVariable",
    },
    {
        "step": "sagemaker.workflow.steps:Step",
        "step_types": "sagemaker.workflow.steps:StepTypeEnum",
        "properties": "sagemaker.workflow.properties:Properties",
        "property_file": "sagemaker.workflow.properties:PropertyFile",
        "variable": "sagemaker.workflow.entities:PipelineVariable",
    },
)

# Where version 3 has the outcomes that a step may wait for.
_OUTCOMES = "sagemaker.mlops.workflow.step_dependency"


@dataclass(frozen=True, slots=True)
class Sdk:
    """Classes of the SDK: of its steps, of what an execution alone knows, and of what a step says of itself."""

    step: Any
    step_types: Any
    properties: Any
    property_file: Any
    variable: Any


def sdk_dependencies(step: str, trigger: str) -> Any:
    """The SDK's dependency on an outcome of a step, as `depends_on` takes it.

    Raises: SdkError when the SDK that is installed lets a step wait for no other outcome than "Completed".
    """
    try:
        dependency, outcomes = (resolve_name(f"{_OUTCOMES}:{name}") for name in ("StepDependency", "TriggerCondition"))
    except ModuleNotFoundError:
        message = f"it is to run when {step!r} is {trigger!r}, and the SDK that is installed waits for completion only"
        raise SdkError("SDK003", message, fix="pip install 'stepsmith[sagemaker-v3]'") from None
    return dependency(step, outcomes(trigger))


@cache
def installed() -> Sdk:
    """The classes of the SDK that is installed.

    Raises: SdkError when neither version is.
    """
    for places in _VERSIONS:
        try:
            return Sdk(**{name: resolve_name(place) for name, place in places.items()})
        except ModuleNotFoundError as error:  # noqa: PERF203 - there are two
            if not (error.name or "").startswith("sagemaker"):
                raise  # the SDK is there, and something that it needs is not
    fix = "pip install 'stepsmith[sagemaker-v3]', or 'stepsmith[sagemaker-v2]'"
    raise SdkError("SDK001", "SageMaker's Python SDK is not installed, or not the part that writes pipelines", fix=fix)


RULES = (
    Rule(
        "SDK001",
        "No SageMaker Python SDK",
        "The step is built as an object of the SDK, and neither version 2 nor version 3 is installed with "
        "its pipeline module.",
        About.SDK,
        "Install one of them: `pip install 'stepsmith[sagemaker-v3]'` or `'stepsmith[sagemaker-v2]'`.",
    ),
    Rule(
        "SDK003",
        "A feature that the installed SDK does not support",
        "The installed version has no steps of this type, or cannot wait for an outcome other than completion.",
        About.SDK,
        "Install a newer version: `pip install 'stepsmith[sagemaker-v3]'`.",
    ),
)
