"""The base of what people type: pydantic models whose faults are Stepsmith's errors, with the nearest field's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, InstanceOf, PlainSerializer, ValidationError

from stepsmith.definition.parse import from_expression
from stepsmith.definition.references import Reference, to_json
from stepsmith.diagnostics import (
    ABOUT_KEY,
    About,
    ConfigError,
    DefinitionError,
    Example,
    Faults,
    Rule,
    StepError,
    StepsmithError,
    path_text,
    suggest_names,
)

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from stepsmith.diagnostics import Suggestion
    from stepsmith.diagnostics.finding import Path

# A reference, whose value is known only when the pipeline executes; it is serialised as the service writes it.
RuntimeValue: TypeAlias = Annotated[InstanceOf[Reference], PlainSerializer(to_json, when_used="json")]
# Text, or a reference to a text.
Text: TypeAlias = str | RuntimeValue
Item = TypeVar("Item")
# Values that a user writes as a list or a tuple, and that the config keeps as a tuple.
ListOf: TypeAlias = Annotated[Sequence[Item], AfterValidator(tuple)]


# What pydantic puts into an error's path for a member of a union that is no field.
_UNION_LABELS = frozenset(
    {"str", "int", "float", "bool", "path", "constrained-str", "constrained-int", "constrained-float"}
)


# Pydantic's names of bounds, in words.
_BOUNDS = {"ge": "at least", "gt": "over", "le": "at most", "lt": "under"}
REQUIRED = "this field is required"
# Pydantic's kinds of faults in our words: what is wanted, and what to do about it.
_WORDS = {
    # Of what we ask an instance of, only a Sequence stands alone; a Reference is one of several ways.
    "is_instance_of": ("a list is wanted", "write a list: [{0}]"),
    "sequence_str": ("a list is wanted", "write a list: [{0}]"),
    "tuple_type": ("a list is wanted", "write a list: [{0}]"),
    "dict_type": ("a mapping of keys to values is wanted", "write {{key: value}}"),
    "string_type": ("text is wanted", "put it in quotes: '{0}'"),
    "int_parsing": ("a whole number is wanted", "write it in digits"),
    "int_type": ("a whole number is wanted", "write it in digits"),
    "int_from_float": ("a whole number is wanted", "write it without a fraction"),
    "float_parsing": ("a number is wanted", "write it in digits"),
    "float_type": ("a number is wanted", "write it in digits"),
    "bool_parsing": ("true or false is wanted", "write true or false"),
    "bool_type": ("true or false is wanted", "write true or false"),
}


class Typed(BaseModel):
    """A frozen model that refuses what it does not know and says all faults at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    error: ClassVar[type[StepsmithError]] = StepError
    error_code: ClassVar[str] = "STP001"

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as invalid:
            raise_faults(invalid, type(self))


class TypedConfig(Typed):
    """The same for what a user sets: its faults are ConfigErrors, and a variable of SageMaker's SDK is a reference."""

    error = ConfigError
    error_code = "STP201"

    def __init__(self, /, **values: Any) -> None:
        for name, value in values.items():
            try:
                values[name] = from_expression(value)
            except DefinitionError as error:  # noqa: PERF203 - the error names the field
                raise error.inside(name) from None
        super().__init__(**values)


def raise_faults(invalid: ValidationError, model: type[Typed]) -> None:
    """Raises each fault that pydantic found, as the model's own error, all together."""
    faults = Faults()
    by_field: dict[str, list[ErrorDetails]] = {}
    for detail in invalid.errors():
        by_field.setdefault(str(detail["loc"][0]) if detail["loc"] else "", []).append(detail)
    for name, details in by_field.items():
        # One that no union member admits is reported once a member; that it is no Reference says nothing to a user.
        relevant = [detail for detail in details if detail["type"] != "is_instance_of"] or details
        faults.add(_fault(name, relevant[0], model))
    faults.raise_if_any()


def _fault(name: str, detail: ErrorDetails, model: type[Typed]) -> StepsmithError:
    path = tuple(part for part in detail["loc"] if not _is_union_label(part))
    kind, value = detail["type"], detail["input"]
    if kind == "missing":
        return model.error(model.error_code, REQUIRED, where=path, fix=f"set {path_text(path)}")
    if kind == "extra_forbidden":
        fields = [field for field in model.model_fields if field != name]
        return model.error(
            model.error_code, f"{name!r} is no field here", where=path, fix=suggest_names(name, fields), data=ABOUT_KEY
        )
    if kind == "value_error":
        return _value_fault(detail["ctx"]["error"], path, model)
    if isinstance(value, Reference):
        message = "this must be known before the pipeline executes, so it cannot be a reference"
        return model.error(model.error_code, message, where=path, fix="write the value itself")
    if value is None:
        return model.error(model.error_code, "a value is wanted", where=path, fix=f"write one, or leave {name} out")
    message, fix = _WORDS.get(kind, (f"{detail['msg'][0].lower()}{detail['msg'][1:]}", _bound_fix(detail)))
    if kind == "string_type" and isinstance(value, bool):
        fix = "put what you wrote in quotes"
    return model.error(
        model.error_code,
        f"{message}, and not {value!r}",
        where=path,
        fix=fix.format(value) if isinstance(fix, str) else fix,
    )


def _bound_fix(detail: ErrorDetails) -> str | Suggestion:
    """What to write where a value is none of those that are taken, or out of its bounds."""
    context = detail.get("ctx", {})
    if detail["type"] in ("literal_error", "enum"):
        words = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        return suggest_names(str(detail["input"]), words)
    bound = next((f"{word} {context[key]}" for key, word in _BOUNDS.items() if key in context), "")
    return f"write one that is {bound}" if bound else ""


def _value_fault(error: ValueError, path: Path, model: type[Typed]) -> StepsmithError:
    if not isinstance(error, StepsmithError):
        return model.error(model.error_code, str(error), where=path)
    # A part of the model has said already what is wrong with it.
    finding = error.findings[0]
    where = (*path, *finding.path)
    return model.error(model.error_code, finding.message, where=where, fix=finding.suggestion, data=finding.data)


def _is_union_label(part: str | int) -> bool:
    """Whether a part of pydantic's path names a member of a union, not a field."""
    return isinstance(part, str) and (part in _UNION_LABELS or "[" in part)


RULES = (
    Rule(
        "STP001",
        "An invalid field in a contract or specification",
        "Contracts and specifications are checked when they are created, so a step with an invalid one "
        "cannot be loaded.",
        About.STEP,
        "Correct the field that the message names.",
    ),
    Rule(
        "STP201",
        "A value that a field does not accept",
        "Each config field has a type and bounds. A wrong value would otherwise fail when the job starts.",
        About.PIPELINE,
        "Write a value of the type, and within the bounds, that the message gives. `stepsmith steps show "
        "TYPE` lists the fields.",
        Example("pipeline.yaml", "    code: inference/\n", "    code: inference/\n    max_runtime_seconds: soon\n"),
    ),
)
