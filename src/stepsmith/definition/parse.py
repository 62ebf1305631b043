"""A definition from its JSON text. Reads what `emit` writes; step types are not looked at.

Each reader adds its own key to the place of an error, so that it says `Steps[2].PropertyFiles[0]`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stepsmith.definition.model import (
    VERSION,
    CacheConfig,
    PipelineDefinition,
    PropertyFile,
    RetryPolicy,
    Step,
)
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get, Join, JsonGet
from stepsmith.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable


def parse(text: str) -> PipelineDefinition:
    """The definition that a JSON text says.

    Raises: DefinitionError when it is not JSON, or not a definition of version 2020-12-01.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise DefinitionError(
            "DEF020", f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from error
    top = _mapping(document, "the definition")
    if top.get("Version") != VERSION:
        raise DefinitionError(
            "DEF021",
            f"version {top.get('Version')!r} is not known",
            where="Version",
            fix=f"write {VERSION!r}",
        )
    return PipelineDefinition(
        steps=tuple(_each(top, "Steps", _step)),
        parameters=tuple(_each(top, "Parameters", _parameter)),
        metadata=_mapping(top.get("Metadata", {}), "Metadata"),
    )


def value_from_json(value: Any) -> Any:
    """A JSON value with each `Get`, `Std:Join` and `Std:JsonGet` in it as a reference."""
    if isinstance(value, list):
        return [value_from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Get": str(path)} if len(value) == 1:
            return Get(path)
        case {"Std:Join": {"On": str(on), "Values": list(values)}} if len(value) == 1:
            return Join(on, [value_from_json(part) for part in values])
        case {"Std:JsonGet": {"PropertyFile": {"Get": str(file)}, "Path": str(path)}} if len(value) == 1:
            return _json_get(file, path)
    return {key: value_from_json(item) for key, item in value.items()}


def _json_get(file: str, path: str) -> JsonGet:
    match file.split("."):
        case ["Steps", step, "PropertyFiles", name]:
            return JsonGet(step, name, path)
    raise DefinitionError("DEF023", f"{file!r} names no property file", fix="write Steps.<step>.PropertyFiles.<name>")


def _step(raw: dict[str, Any]) -> Step:
    return Step(
        name=_text(raw, "Name"),
        type=_text(raw, "Type"),
        arguments=value_from_json(_mapping(raw.get("Arguments", {}), "Arguments")),
        depends_on=tuple(raw.get("DependsOn", ())),
        property_files=tuple(_each(raw, "PropertyFiles", _property_file)),
        cache=_cache(raw["CacheConfig"]) if "CacheConfig" in raw else None,
        retry_policies=tuple(_each(raw, "RetryPolicies", _retry_policy)),
    )


def _parameter(raw: dict[str, Any]) -> Parameter:
    return Parameter(_text(raw, "Name"), _text(raw, "Type"), raw.get("DefaultValue"), tuple(raw.get("EnumValues", ())))


def _property_file(raw: dict[str, Any]) -> PropertyFile:
    return PropertyFile(_text(raw, "PropertyFileName"), _text(raw, "OutputName"), _text(raw, "FilePath"))


def _cache(raw: dict[str, Any]) -> CacheConfig:
    return CacheConfig(bool(raw.get("Enabled")), raw.get("ExpireAfter"))


def _retry_policy(raw: dict[str, Any]) -> RetryPolicy:
    return RetryPolicy(
        tuple(raw.get("ExceptionType", ())),
        raw.get("BackoffRate", 2.0),
        raw.get("IntervalSeconds", 1),
        raw.get("MaxAttempts"),
        raw.get("ExpireAfterMin"),
    )


def _each(raw: dict[str, Any], key: str, read: Callable[[dict[str, Any]], Any]) -> list[Any]:
    items = raw.get(key, [])
    if not isinstance(items, list):
        raise DefinitionError("DEF022", f"{key} is to be a list", where=key)
    found = []
    for index, item in enumerate(items):
        try:
            found.append(read(_mapping(item, "an entry")))
        except DefinitionError as error:  # noqa: PERF203 - the place of an error is its index
            raise error.inside(f"{key}[{index}]") from None
    return found


def _mapping(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DefinitionError("DEF022", f"{what} is to be a JSON object, and is {type(value).__name__}")
    return value


def _text(raw: dict[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str):
        raise DefinitionError("DEF022", f"{key} is to be a string", where=key)
    return value
