"""What may stand in the fields of a config, read from its JSON schema: in words, and as a value to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from stepsmith.definition.references import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import BaseModel

# Marks in a schema where a field takes a reference: a value that only an execution knows.
_REFERENCE = "x-reference"
_WORDS = {"boolean": "true or false", "integer": "whole number", "number": "number", "string": "text"}
_PATHS = ("path", "file-path", "directory-path")
_TEXT_AND_PATH = {"text", "path"}
# The bounds of a number, each pair when both are there and each when it stands alone.
_BOUNDS = (
    (("minimum", "maximum"), "{minimum} to {maximum}"),
    (("minimum",), "at least {minimum}"),
    (("exclusiveMinimum",), "over {exclusiveMinimum}"),
    (("maximum",), "at most {maximum}"),
    (("exclusiveMaximum",), "under {exclusiveMaximum}"),
)


class _Generator(GenerateJsonSchema):
    """JSON schema in which a reference is marked, and what JSON does not know admits anything."""

    def is_instance_schema(self, schema: Any) -> dict[str, Any]:
        return {_REFERENCE: True} if issubclass(schema["cls"], Reference) else {}

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:  # noqa: ARG002 - pydantic's signature
        return {}

    def emit_warning(self, kind: Any, detail: str) -> None:
        """Says nothing of a default that JSON does not know: it is left out."""


def json_schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a model; a reference is marked by `x-reference`, and what JSON does not know is anything."""
    return model.model_json_schema(schema_generator=_Generator)


class ConfigFields:
    """The fields of a model, in order: for each what its declaration says, and what follows from its type."""

    def __init__(self, model: type[BaseModel]) -> None:
        schema = json_schema_of(model)
        self._fields: dict[str, dict[str, Any]] = schema.get("properties", {})
        self._required = frozenset(schema.get("required", ()))
        self._definitions = schema.get("$defs", {})

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def required(self, name: str) -> bool:
        """Whether a field must be set."""
        return name in self._required

    def default(self, name: str) -> Any:
        """The JSON of a field's default, None where it has none."""
        return self._fields[name].get("default")

    def description(self, name: str) -> str:
        """What a field is for, as its declaration says."""
        described: str = self._fields[name].get("description", "")
        return described

    def declared_example(self, name: str) -> Any:
        """The first of the examples that a field's declaration gives, None where it gives none."""
        return next(iter(self._fields[name].get("examples", ())), None)

    def type_in_words(self, name: str) -> str:
        """What a field takes, in words; that it may be left out is not among them."""
        return self._in_words(self._fields[name])

    def example(self, name: str) -> Any:
        """A value for a field: the first of its examples, or else one that has its type."""
        return self._example(self._fields[name], name)

    def _options(self, schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """What a value may be one of, apart from nothing."""
        options = schema.get("anyOf") or schema.get("oneOf") or [schema]
        resolved_options = [
            self._definitions.get(option.get("$ref", "").rpartition("/")[2], option) for option in options
        ]
        return [option for option in resolved_options if option.get("type") != "null"] or [{}]

    def _in_words(self, schema: Mapping[str, Any]) -> str:
        options = self._options(schema)
        if len(options) > 1:
            return _either([self._in_words(option) for option in options])
        return self._collection(options[0]) or _scalar(options[0])

    def _collection(self, schema: Mapping[str, Any]) -> str:
        """A list or a mapping, in words; empty where it is neither."""
        if schema.get("type") == "array":
            return _list(self._in_words(schema.get("items", {})), schema.get("minItems", 0))
        if "properties" in schema:
            return f"a mapping of {', '.join(schema['properties'])}"
        if schema.get("type") == "object":
            return f"a mapping of names to {self._in_words(schema.get('additionalProperties', {}))}"
        return ""

    def _example(self, schema: Mapping[str, Any], name: str) -> Any:
        if schema.get("examples"):
            return schema["examples"][0]
        only = self._options(schema)[0]
        if "const" in only or "enum" in only:
            return only.get("const", only.get("enum", [None])[0])
        if only.get("type") == "array":
            return [self._example(only.get("items", {}), name)]
        if only.get("type") == "object":
            inner = {key: only["properties"][key] for key in only.get("required", ())}
            return {key: self._example(value, key) for key, value in inner.items()}
        if only.get("type") in {"integer", "number"}:
            return _number(only)
        return True if only.get("type") == "boolean" else name


def _either(words: Sequence[str]) -> str:
    """Several words as one of them; what is a path or a text is a path or an S3 URI.

    >>> _either(["text", "a parameter", "path"])
    'path or S3 URI, or a parameter'
    """
    different = list(dict.fromkeys(words))
    if set(different) >= _TEXT_AND_PATH:
        different = ["path or S3 URI", *(word for word in different if word not in _TEXT_AND_PATH)]
    between = ", or " if any("," in word or " or " in word for word in different) else " or "
    return between.join(different)


def _list(inner: str, least: int) -> str:
    """A list of at least so many.

    >>> _list("text", 0), _list("text or a parameter", 1)
    ('list of text', 'list, at least 1, each text or a parameter')
    """
    if least:
        return f"list, at least {least}, each {inner}"
    return f"list, each {inner}" if " " in inner else f"list of {inner}"


def _scalar(schema: Mapping[str, Any]) -> str:
    """A single value: what it is, and its bounds.

    >>> _scalar({"type": "integer", "minimum": 1, "maximum": 100}), _scalar({"type": "number", "exclusiveMinimum": 0})
    ('whole number, 1 to 100', 'number, over 0')
    """
    if _REFERENCE in schema:
        return "a parameter"
    if "enum" in schema or "const" in schema:
        return f"one of {', '.join(map(str, schema.get('enum', [schema.get('const')])))}"
    form = schema.get("format", "")
    word = _WORDS.get(schema.get("type", ""), "any value")
    if " like " in form:  # one of ours, which shows how it is written
        return f"a {form}"
    return ", ".join(["path" if form in _PATHS else f"{word}, a {form}" if form else word, *_bounds(schema)])


def _number(schema: Mapping[str, Any]) -> float:
    """A number within the bounds.

    >>> _number({"minimum": 5}), _number({"exclusiveMinimum": 0, "exclusiveMaximum": 1}), _number({})
    (5, 0.5, 1)
    """
    least: float | None = schema.get("minimum")
    low: float | None = schema.get("exclusiveMinimum")
    high: float | None = schema.get("maximum", schema.get("exclusiveMaximum"))
    if least is not None:
        return least
    if low is not None:
        return low + 1 if high is None or high > low + 1 else (low + high) / 2
    return 1 if high is None or high > 1 else high - 1


def _bounds(schema: Mapping[str, Any]) -> list[str]:
    described: set[str] = set()
    bounds = []
    for names, text in _BOUNDS:
        if described.isdisjoint(names) and all(name in schema for name in names):
            described.update(names)
            bounds.append(text.format(**schema))
    return bounds
