"""A definition as SageMaker's JSON: a pure function, the same records give the same bytes anywhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stepsmith.definition.model import VERSION, Step
from stepsmith.definition.references import Reference, to_json
from stepsmith.diagnostics import About, DefinitionError, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.definition.model import PipelineDefinition, RetryPolicy
    from stepsmith.definition.parameters import Parameter


def emit(definition: PipelineDefinition) -> str:
    """The JSON text of a definition, on one line, as CreatePipeline takes it.

    Raises: DefinitionError when an argument is a value that JSON has no word for.
    """
    try:
        return _ENCODER.encode(_definition(definition))
    except (TypeError, ValueError) as error:
        raise DefinitionError("DEF024", f"the definition holds what JSON has no word for: {error}") from error
    except RecursionError as error:
        raise DefinitionError("DEF024", "the definition holds a value that is nested too deep, or in itself") from error


def step_as_json(step: Step) -> dict[str, Any]:
    """The JSON object of one step, as it stands in a definition."""
    document: dict[str, Any] = json.loads(_ENCODER.encode(step))
    return document


def _definition(definition: PipelineDefinition) -> Mapping[str, Any]:
    """The JSON object of a definition: the one that it was read from, if there is one."""
    if definition.source is not None:
        return definition.source
    return {
        "Version": VERSION,
        "Metadata": dict(definition.metadata),
        "Parameters": [_parameter(parameter) for parameter in definition.parameters],
        "PipelineExperimentConfig": definition.experiment,
        "Steps": definition.steps,
        **definition.others,
    }


def _written(value: object) -> Any:
    """The JSON of a record among the values, which is all that the encoder asks for."""
    if isinstance(value, Step):
        return _step(value)
    if isinstance(value, Reference):
        return to_json(value)
    raise TypeError(f"a {type(value).__name__}")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_written, check_circular=False
)


def _parameter(parameter: Parameter) -> dict[str, Any]:
    written: dict[str, Any] = {"Name": parameter.name, "Type": parameter.type}
    if parameter.default is not None:
        written["DefaultValue"] = parameter.default
    if parameter.enum_values:
        written["EnumValues"] = list(parameter.enum_values)
    return written


def _step(step: Step) -> Mapping[str, Any]:
    if step.source is not None:
        return step.source
    written: dict[str, Any] = {"Name": step.name, "Type": step.type, "Arguments": step.arguments}
    if step.depends_on:
        written["DependsOn"] = [
            name if trigger is None else {"Step": name, "Trigger": trigger} for name, trigger in step.dependencies
        ]
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
    return {**written, **step.others}


def _retry_policy(policy: RetryPolicy) -> dict[str, Any]:
    written: dict[str, Any] = {"BackoffRate": policy.backoff_rate, "IntervalSeconds": policy.interval_seconds}
    if policy.max_attempts is not None:
        written["MaxAttempts"] = policy.max_attempts
    if policy.expire_after_min is not None:
        written["ExpireAfterMin"] = policy.expire_after_min
    return {**written, "ExceptionType": list(policy.exception_types)}


RULES = (
    Rule(
        "DEF024",
        "A value that JSON cannot represent",
        "A definition is sent to SageMaker as JSON. Infinite numbers, Python objects and values that contain "
        "themselves cannot be written.",
        About.DEFINITION,
        "Use only text, finite numbers, booleans, lists, mappings and references.",
    ),
)
