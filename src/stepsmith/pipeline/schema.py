"""The JSON schema of pipeline.yaml, made of the configs of all steps: what an editor completes and checks by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.definition.parameters import ADMITS
from stepsmith.describe.config_schema import json_schema_of
from stepsmith.diagnostics import Faults
from stepsmith.pipeline.include import INCLUDE, PACKAGES
from stepsmith.pipeline.positions import SHARED_FIELDS
from stepsmith.registry import RegistryManager, guard_step_code
from stepsmith.step.config import ProcessingStepConfigBase

if TYPE_CHECKING:
    from stepsmith.build.declaration import StepDeclaration

# What editors know best. Source: https://github.com/redhat-developer/yaml-language-server
_DIALECT = "http://json-schema.org/draft-07/schema#"
_TEXT: dict[str, Any] = {"type": "string"}
_NAMES = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}, {"type": "null"}]}
# A text with a variable in it may stand for a value of any type.
_VARIABLE = {"type": "string", "pattern": r"\$\{(env|param):"}
# The keywords of a field's schema that are for people.
_ANNOTATIONS = ("description", "default", "examples")
_ENVIRONMENT_VARIABLE = {"type": "string", "pattern": r"\$\{env:"}
_PARAMETER = {
    "type": "object",
    "properties": {
        "type": {"enum": list(ADMITS), "default": "String"},
        "default": {"type": ["string", "number", "boolean", "null"]},
    },
    "additionalProperties": False,
}
_PARAMETER_VARIABLE = {"type": "string", "pattern": r"(^|[^$])\$\{param:"}


def pipeline_schema(registry: RegistryManager) -> dict[str, Any]:
    """The schema of a pipeline.yaml whose steps are those of a registry; a step that cannot be loaded is left out."""
    faults = Faults()
    steps: dict[str, StepDeclaration] = {}
    schemas: dict[str, Any] = {}
    for name in registry.names():
        with faults.collect():
            step = registry.get(name)
            with guard_step_code(step):
                schemas[f"step-{name}"] = _step(step)
            steps[name] = step
    base = _fields(ProcessingStepConfigBase, "defaults")
    definitions: dict[str, Any] = {"defaults": base, "step": _any_step(list(steps))}
    definitions |= schemas
    return {
        "$schema": _DIALECT,
        "title": "A Stepsmith pipeline",
        "type": "object",
        "properties": {
            "name": {**_TEXT, "description": "The pipeline's name: letters, digits, hyphens."},
            INCLUDE: {**_NAMES, "description": "Files with settings that several pipelines share."},
            PACKAGES: {**_NAMES, "description": "Folders of packages that bring steps, for those not installed."},
            **{name: base["properties"][name] for name in SHARED_FIELDS},
            "parameters": {
                "type": ["object", "null"],
                "description": "What may be given anew to each execution.",
                "additionalProperties": _PARAMETER,
            },
            "defaults": {"anyOf": [{"$ref": "#/$defs/defaults"}, {"type": "null"}]},
            "steps": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/step"}},
        },
        "required": ["name", "steps"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _any_step(names: list[str]) -> dict[str, Any]:
    """What every step has, and by its type what that one has."""
    by_type = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": {"$ref": f"#/$defs/step-{name}"},
        }
        for name in names
    ]
    return {
        "type": "object",
        "properties": {"type": {"enum": names, "description": "The step's type."}},
        "required": ["type"],
        "allOf": by_type,
    }


def _step(step: StepDeclaration) -> dict[str, Any]:
    fields = _fields(step.config_class, step.name)
    dependencies = step.specification.dependencies
    wires = {dependency.logical_name: {**_TEXT, "description": dependency.description} for dependency in dependencies}
    inputs = {
        "type": ["object", "null"],
        "description": "Inputs wired by hand, each to step.output.",
        "properties": wires,
        "additionalProperties": False,
    }
    return {
        **fields,
        "description": step.description,
        "properties": {
            "type": {"const": step.name},
            "after": {**_NAMES, "description": "The steps that come before."},
            "inputs": inputs,
            **fields["properties"],
        },
    }


def _fields(config_class: Any, title: str) -> dict[str, Any]:
    """The schema of a config with its own definitions inlined, in which each value may also be a variable."""
    schema = json_schema_of(config_class)
    definitions = schema.get("$defs", {})
    properties = {
        name: _or_variable(field, definitions)
        for name, field in schema["properties"].items()
        if name not in config_class.fields_refused
    }
    # A required field can also be set by `defaults` or filled by another step.
    required = [name for name in schema.get("required", ()) if name not in ProcessingStepConfigBase.model_fields]
    return {
        "title": title,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _or_variable(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    annotations = {key: field[key] for key in _ANNOTATIONS if field.get(key) is not None}
    schema = _inlined({key: value for key, value in field.items() if key not in _ANNOTATIONS}, definitions)
    options = schema.get("anyOf", [schema])
    different = [option for index, option in enumerate(options) if option not in (*options[:index], _VARIABLE)]
    if _takes_references(field):
        return {**annotations, "anyOf": [*different, _VARIABLE]}
    # What must be known before the pipeline executes takes variables of the environment, and no parameters.
    return {**annotations, "anyOf": [*different, _ENVIRONMENT_VARIABLE], "not": _PARAMETER_VARIABLE}


def _takes_references(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(map(_takes_references, schema))
    if not isinstance(schema, dict):
        return False
    return bool(schema.get("x-reference")) or "$ref" in schema or any(map(_takes_references, schema.values()))


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema with its definitions inlined, in which a variable stands for what takes a reference."""
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if schema.get("x-reference"):
        return _VARIABLE
    # "title" with a mapping is a property of that name.
    names = [name for name, value in schema.items() if name != "title" or not isinstance(value, str)]
    inlined = {name: _inlined(schema[name], definitions) for name in names}
    is_narrow = inlined.get("type") in ("integer", "number", "boolean") or "enum" in inlined or "const" in inlined
    return {"anyOf": [inlined, _VARIABLE]} if is_narrow and "anyOf" not in inlined else inlined
