"""A definition from its JSON text. Reads what `emit` writes; the arguments of a step type are not looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from stepsmith.definition.fields import Fields
from stepsmith.definition.model import (
    VERSION,
    CacheConfig,
    PipelineDefinition,
    PropertyFile,
    RetryPolicy,
    Step,
)
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get, Join, JsonGet, Reference
from stepsmith.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable

# Deeper than anything that is meant; Python's own limit is another in each version.
LIMIT_DEPTH = 100
# The functions that stand alone in an object, by their key.
_FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")


def parse(text: str) -> PipelineDefinition:
    """The definition that a JSON text says.

    Raises: DefinitionError when it is not JSON, or not a definition of version 2020-12-01.
    """
    try:
        return _definition(_json(text))
    except RecursionError:
        raise _too_deep() from None


def _too_deep() -> DefinitionError:
    return DefinitionError("DEF020", "not JSON that can be read: it is nested too deep")


def _definition(document: Any) -> PipelineDefinition:
    top = Fields.of(document, what="the definition")
    if top.value.get("Version") != VERSION:
        what = f"version {top.value.get('Version')!r} is not known"
        raise DefinitionError("DEF021", what, where="Version", fix=f"write {VERSION!r}")
    return PipelineDefinition(
        steps=tuple(_step(raw) for raw in top.each("Steps")),
        parameters=tuple(_parameter(raw) for raw in top.each("Parameters", [])),
        metadata=top.fields("Metadata", {}).value,
    )


def value_from_json(value: Any, path: str = "", depth: int = 0) -> Any:
    """A JSON value with each `Get`, `Std:Join` and `Std:JsonGet` in it as a reference; `path` is its place.

    Raises: DefinitionError when such a function is not written as it is to be, or the value is nested too deep.
    """
    if depth > LIMIT_DEPTH:
        raise _too_deep()
    if isinstance(value, list):
        return [value_from_json(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and next(iter(value)) in _FUNCTIONS:
        return _reference(value, path, depth)
    return {key: value_from_json(item, f"{path}.{key}" if path else key, depth + 1) for key, item in value.items()}


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        what = f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise DefinitionError("DEF020", what) from None
    except ValueError as error:  # a number of thousands of digits
        raise DefinitionError("DEF020", f"not JSON that can be read: {error}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise DefinitionError("DEF020", f"not JSON: {name} is no number there")


def _reference(value: dict[str, Any], path: str, depth: int) -> Reference:
    raw = Fields(value, path)
    if "Get" in value:
        return Get(raw.text("Get"))
    if "Std:Join" in value:
        join = raw.fields("Std:Join")
        return Join(join.text("On"), value_from_json(join.items("Values"), join.at("Values"), depth + 1))
    json_get = raw.fields("Std:JsonGet")
    file = json_get.fields("PropertyFile")
    match file.text("Get").split("."):
        case ["Steps", step, "PropertyFiles", name]:
            return JsonGet(step, name, json_get.text("Path"))
    what = f"{file.value['Get']!r} names no property file"
    raise DefinitionError("DEF023", what, where=file.at("Get"), fix="write Steps.<step>.PropertyFiles.<name>")


def _step(raw: Fields) -> Step:
    arguments = raw.fields("Arguments", {})
    read = value_from_json(arguments.value, arguments.path)
    if isinstance(read, Reference):
        what = "Arguments is to be an object of its own, and is one reference"
        raise DefinitionError("DEF022", what, where=arguments.path)
    return Step(
        name=raw.text("Name"),
        type=raw.text("Type"),
        arguments=read,
        depends_on=raw.texts("DependsOn", []),
        property_files=tuple(_property_file(file) for file in raw.each("PropertyFiles", [])),
        cache=_cache(raw.fields("CacheConfig")) if "CacheConfig" in raw.value else None,
        retry_policies=tuple(_retry_policy(policy) for policy in raw.each("RetryPolicies", [])),
    )


def _parameter(raw: Fields) -> Parameter:
    name, kind = raw.text("Name"), raw.text("Type")
    return _placed(
        raw, lambda: Parameter(name, kind, raw.value.get("DefaultValue"), tuple(raw.items("EnumValues", [])))
    )


def _placed(raw: Fields, make: Callable[[], Parameter]) -> Parameter:
    """What `make` returns; what is wrong with it is told at the place of `raw`."""
    try:
        return make()
    except DefinitionError as error:
        if error.findings[0].where.startswith(raw.path):
            raise
        raise error.inside(raw.path) from None


def _property_file(raw: Fields) -> PropertyFile:
    return PropertyFile(raw.text("PropertyFileName"), raw.text("OutputName"), raw.text("FilePath"))


def _cache(raw: Fields) -> CacheConfig:
    return CacheConfig(raw.switch("Enabled", False), raw.text("ExpireAfter", None))  # noqa: FBT003 - the default


def _retry_policy(raw: Fields) -> RetryPolicy:
    return RetryPolicy(
        raw.texts("ExceptionType", []),
        raw.number("BackoffRate", 2.0),
        raw.whole("IntervalSeconds", 1),
        raw.whole("MaxAttempts", None),
        raw.whole("ExpireAfterMin", None),
    )
