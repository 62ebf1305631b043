"""A definition as SageMaker's JSON: a pure function, the same records give the same bytes anywhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stepsmith.definition.model import VERSION
from stepsmith.definition.parse import definition_of_json, step_of_json
from stepsmith.definition.references import to_json
from stepsmith.errors import DefinitionError

if TYPE_CHECKING:
    from stepsmith.definition.model import PipelineDefinition, RetryPolicy, Step
    from stepsmith.definition.parameters import Parameter


def emit(definition: PipelineDefinition) -> str:
    """The JSON text of a definition, on one line, as CreatePipeline takes it.

    Raises: DefinitionError when an argument is a value that JSON has no word for.
    """
    try:
        return json.dumps(as_json(definition), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DefinitionError("DEF024", f"the definition holds what JSON has no word for: {error}") from error


def as_json(definition: PipelineDefinition) -> dict[str, Any]:
    """The JSON object of a definition; of one that was read, and not changed, that which it was read from."""
    if definition.source is not None and definition_of_json(definition.source) == definition:
        return dict(definition.source)
    return {
        "Version": VERSION,
        "Metadata": dict(definition.metadata),
        "Parameters": [_parameter(parameter) for parameter in definition.parameters],
        "PipelineExperimentConfig": to_json(definition.experiment),
        "Steps": [_step(step) for step in definition.steps],
        **to_json(definition.others),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    written: dict[str, Any] = {"Name": parameter.name, "Type": parameter.type}
    if parameter.default is not None:
        written["DefaultValue"] = parameter.default
    if parameter.enum_values:
        written["EnumValues"] = list(parameter.enum_values)
    return written


def _step(step: Step) -> dict[str, Any]:
    if step.source is not None and step_of_json(step.source) == step:
        return dict(step.source)
    written: dict[str, Any] = {"Name": step.name, "Type": step.type, "Arguments": to_json(step.arguments, _step)}
    if step.depends_on:
        written["DependsOn"] = list(step.depends_on)
    if step.cache:
        expiry = {"ExpireAfter": step.cache.expire_after} if step.cache.expire_after else {}
        written["CacheConfig"] = {"Enabled": step.cache.enabled, **expiry}
    if step.property_files:
        written["PropertyFiles"] = [
            {"PropertyFileName": file.name, "OutputName": file.output_name, "FilePath": file.path}
            for file in step.property_files
        ]
    if step.retry_policies:
        written["RetryPolicies"] = [_retry_policy(policy) for policy in step.retry_policies]
    return {**written, **to_json(step.others)}


def _retry_policy(policy: RetryPolicy) -> dict[str, Any]:
    written: dict[str, Any] = {"BackoffRate": policy.backoff_rate, "IntervalSeconds": policy.interval_seconds}
    if policy.max_attempts is not None:
        written["MaxAttempts"] = policy.max_attempts
    if policy.expire_after_min is not None:
        written["ExpireAfterMin"] = policy.expire_after_min
    return {**written, "ExceptionType": list(policy.exception_types)}
