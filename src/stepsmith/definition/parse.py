"""A definition from its JSON text, whoever wrote it: nothing is lost, and `emit` writes the same JSON again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.definition.json_reader import JsonReader
from stepsmith.definition.model import (
    VERSION,
    CacheConfig,
    PipelineDefinition,
    PropertyFile,
    RetryPolicy,
    Step,
    with_source,
)
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get, Join, JsonGet, JsonGetFromS3, Reference
from stepsmith.definition.strict_json import parse_json
from stepsmith.diagnostics import About, DefinitionError, Example, Rule, suggest_names
from stepsmith.sagemaker.step_types import branches_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepsmith.diagnostics.finding import Path

# Deeper than anything that is meant; Python's own limit is another in each version.
LIMIT_DEPTH = 100
# How much deeper what stands in a branch of a condition is.
_BRANCH_DEPTH = 4
# The functions that stand alone in an object, by their key.
_FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")
_FUNCTION_PREFIX = "Std:"
_EXPERIMENT = "PipelineExperimentConfig"
_TOP_MEMBERS = ("Version", "Metadata", "Parameters", _EXPERIMENT, "Steps")
_STEP_MEMBERS = ("Name", "Type", "Arguments", "DependsOn", "PropertyFiles", "CacheConfig", "RetryPolicies")


def parse(text: str) -> PipelineDefinition:
    """The definition that a JSON text says.

    Raises: DefinitionError when it is not JSON, or not a definition of version 2020-12-01.
    """
    try:
        return _definition(parse_json(text))
    except RecursionError:
        raise _too_deep() from None


def _too_deep() -> DefinitionError:
    return DefinitionError("DEF020", "not JSON that can be read: it is nested too deep")


def _definition(document: Any) -> PipelineDefinition:
    top = JsonReader.of(document, subject="the definition")
    if top.value.get("Version") != VERSION:
        message = f"version {top.value.get('Version')!r} is not known"
        raise DefinitionError("DEF021", message, where="Version", fix=f"write {VERSION!r}")
    experiment = (
        {"experiment": value_from_json(top.value[_EXPERIMENT], (_EXPERIMENT,))} if _EXPERIMENT in top.value else {}
    )
    definition = PipelineDefinition(
        steps=tuple(_step(raw) for raw in top.each("Steps")),
        parameters=tuple(_parameter(raw) for raw in top.each("Parameters", [])),
        metadata=top.fields("Metadata", {}).value,
        others=_others(top, _TOP_MEMBERS),
        **experiment,
    )
    return with_source(definition, top.value)


def value_from_json(value: Any, path: Path = (), depth: int = 0) -> Any:
    """A JSON value with each `Get`, `Std:Join` and `Std:JsonGet` in it as a reference; `path` is where it is.

    Raises: DefinitionError when such a function is not written as it is to be, or the value is nested too deep.
    """
    if depth > LIMIT_DEPTH:
        raise _too_deep()
    if isinstance(value, list):
        return [value_from_json(item, (*path, index), depth + 1) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (key,) = value
        if key in _FUNCTIONS:
            return _reference(value, path, depth)
        if key.startswith(_FUNCTION_PREFIX):
            message = f"{key!r} is no function of the language"
            raise DefinitionError("DEF023", message, where=path, fix=suggest_names(key, _FUNCTIONS))
    return {key: value_from_json(item, (*path, key), depth + 1) for key, item in value.items()}


def from_expression(value: Any) -> Any:
    """A value in which what another library's variables stand for is a reference: their `expr` is the service's JSON.

    Such are the parameters, properties, execution variables and functions of SageMaker's Python SDK, versions 2 and 3;
    of a parameter the type is kept.
    Raises: DefinitionError when such a function is not written as it is to be.
    """
    if isinstance(value, dict):
        return {key: from_expression(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(from_expression(item) for item in value)
    expression = getattr(value, "expr", None)
    if not isinstance(expression, dict):
        return value
    read = value_from_json(expression)
    if isinstance(read, Get) and read.path.startswith("Parameters."):
        kind = getattr(getattr(value, "parameter_type", None), "value", "")
        return Get(read.path, kind) if isinstance(kind, str) else read
    return read


def _reference(value: dict[str, Any], path: Path, depth: int) -> Reference:
    raw = JsonReader(value, path)
    if "Get" in value:
        return Get(raw.text("Get"))
    if "Std:Join" in value:
        join = _only(raw.fields("Std:Join"), "On", "Values")
        return Join(join.text("On"), value_from_json(join.items("Values"), join.at("Values"), depth + 1))
    json_get = raw.fields("Std:JsonGet")
    if "S3Uri" in json_get.value:
        _only(json_get, "S3Uri", "Path")
        uri = value_from_json(json_get.value["S3Uri"], json_get.at("S3Uri"), depth + 1)
        return JsonGetFromS3(uri, json_get.text("Path"))
    file = _only(_only(json_get, "PropertyFile", "Path").fields("PropertyFile"), "Get")
    match file.text("Get").split("."):
        case ["Steps", step, "PropertyFiles", name]:
            return JsonGet(step, name, json_get.text("Path"))
    message = f"{file.value['Get']!r} names no property file"
    raise DefinitionError("DEF023", message, where=file.at("Get"), fix="write Steps.<step>.PropertyFiles.<name>")


def _only(raw: JsonReader, *members: str) -> JsonReader:
    """The same, which has no other members: a function of the language has no more to say."""
    for name in raw.value:
        if name not in members:
            raise DefinitionError(
                "DEF023", f"{name!r} is no part of it", where=raw.at(name), fix=suggest_names(name, members)
            )
    return raw


def _step(raw: JsonReader, depth: int = 0) -> Step:
    if depth > LIMIT_DEPTH:
        raise _too_deep()
    step = Step(
        name=raw.text("Name"),
        type=raw.text("Type"),
        arguments=_arguments(raw, depth),
        **_dependencies(raw),
        property_files=tuple(_property_file(file) for file in raw.each("PropertyFiles", [])),
        cache=_cache(raw.fields("CacheConfig")) if "CacheConfig" in raw.value else None,
        retry_policies=tuple(_retry_policy(policy) for policy in raw.each("RetryPolicies", [])),
        others=_others(raw, _STEP_MEMBERS),
    )
    return with_source(step, raw.value)


def _dependencies(raw: JsonReader) -> dict[str, Any]:
    """The steps that DependsOn names, and the outcomes of them that it asks for (`{"Step": …, "Trigger": …}`)."""
    names: list[Any] = []
    triggers: list[str | None] = []
    for index, item in enumerate(raw.items("DependsOn", [])):
        if isinstance(item, dict):
            entry = _only(JsonReader(item, raw.at("DependsOn", index)), "Step", "Trigger")
            names.append(entry.text("Step"))
            triggers.append(entry.text("Trigger", None))
        else:
            names.append(item)
            triggers.append(None)
    given_triggers = tuple(triggers) if any(trigger is not None for trigger in triggers) else ()
    return {"depends_on": JsonReader({"DependsOn": names}, raw.path).texts("DependsOn"), "triggers": given_triggers}


def _arguments(raw: JsonReader, depth: int) -> dict[str, Any]:
    arguments = raw.fields("Arguments", {})
    names = [name for name in branches_of(raw.value["Type"]) if name in arguments.value]
    branches = {name: [_step(step, depth + _BRANCH_DEPTH) for step in arguments.each(name)] for name in names}
    read = value_from_json({**arguments.value, **dict.fromkeys(names)}, arguments.path)
    if isinstance(read, Reference):
        message = "Arguments is to be an object of its own, and is one reference"
        raise DefinitionError("DEF022", message, where=arguments.path)
    return {**read, **branches}


def _others(raw: JsonReader, known: tuple[str, ...]) -> dict[str, Any]:
    """The members that have no field of their own."""
    return {key: value_from_json(value, raw.at(key)) for key, value in raw.value.items() if key not in known}


def _parameter(raw: JsonReader) -> Parameter:
    name, kind = raw.text("Name"), raw.text("Type")
    return _with_path(
        raw, lambda: Parameter(name, kind, raw.value.get("DefaultValue"), tuple(raw.items("EnumValues", [])))
    )


def _with_path(raw: JsonReader, make: Callable[[], Parameter]) -> Parameter:
    """What `make` returns; what is wrong with it is told at the place of `raw`."""
    try:
        return make()
    except DefinitionError as error:
        if error.findings[0].path[: len(raw.path)] == raw.path:
            raise
        raise error.inside(*raw.path) from None


def _property_file(raw: JsonReader) -> PropertyFile:
    return PropertyFile(raw.text("PropertyFileName"), raw.text("OutputName"), raw.text("FilePath"))


def _cache(raw: JsonReader) -> CacheConfig:
    return CacheConfig(raw.switch("Enabled", False), raw.text("ExpireAfter", None))  # noqa: FBT003 - the default


def _retry_policy(raw: JsonReader) -> RetryPolicy:
    return RetryPolicy(
        raw.texts("ExceptionType", []),
        raw.number("BackoffRate", 2.0),
        raw.whole("IntervalSeconds", 1),
        raw.whole("MaxAttempts", None),
        raw.whole("ExpireAfterMin", None),
    )


RULES = (
    Rule(
        "DEF021",
        "An unknown version of the definition language",
        "The language has one version, 2020-12-01.",
        About.DEFINITION,
        "Set `Version` to `2020-12-01`.",
        Example("definition.json", '"Version": "2020-12-01"', '"Version": "2021-01-01"'),
    ),
    Rule(
        "DEF023",
        "An invalid function",
        "The language has `Get`, `Std:Join` and `Std:JsonGet`, each with its own members.",
        About.DEFINITION,
        "Use one of these functions, with only the members that it takes.",
        Example(
            "definition.json",
            '"report": {"Get": "Steps.evaluate.ProcessingJobArn"}',
            '"report": {"Std:Concat": ["a", "b"]}',
        ),
    ),
)
