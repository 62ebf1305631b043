"""The base of what people type: pydantic models whose faults are Stepsmith's errors, with the nearest field's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict, InstanceOf, PlainSerializer, ValidationError

from stepsmith.definition.references import Reference, to_json
from stepsmith.errors import ConfigError, Faults, StepError, StepsmithError, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# A reference in a field; it is serialised as the service writes it.
RuntimeValue: TypeAlias = Annotated[InstanceOf[Reference], PlainSerializer(to_json, when_used="json")]
Text: TypeAlias = str | RuntimeValue


# What pydantic puts into an error's path for a member of a union that is no field.
_UNION_LABELS = frozenset(
    {"str", "int", "float", "bool", "path", "constrained-str", "constrained-int", "constrained-float"}
)


class Typed(BaseModel):
    """A frozen model that refuses what it does not know and says all faults at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    error: ClassVar[type[StepsmithError]] = StepError
    error_code: ClassVar[str] = "STP001"

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as invalid:
            raise_faults(invalid, type(self))


class TypedConfig(Typed):
    """The same for what a user sets: its faults are ConfigErrors."""

    error = ConfigError
    error_code = "CFG001"


def raise_faults(invalid: ValidationError, model: type[Typed]) -> None:
    """Raises each fault that pydantic found, as the model's own error, all together."""
    faults = Faults()
    by_field: dict[str, list[ErrorDetails]] = {}
    for detail in invalid.errors():
        by_field.setdefault(str(detail["loc"][0]) if detail["loc"] else "", []).append(detail)
    for name, details in by_field.items():
        # One that no union member admits is reported once a member; that it is no Reference says nothing to a user.
        told = [detail for detail in details if detail["type"] != "is_instance_of"] or details
        faults.add(_fault(name, told[0], model))
    faults.raise_if_any()


def _fault(name: str, detail: ErrorDetails, model: type[Typed]) -> StepsmithError:
    what, fix = f"{detail['msg'][0].lower()}{detail['msg'][1:]}, and not {detail['input']!r}", ""
    path = ".".join(str(part) for part in detail["loc"] if not _is_union_label(part))
    if detail["type"] == "missing":
        what, fix = "this field is required", f"set {path}"
    elif detail["type"] == "extra_forbidden":
        what, fix = f"{name!r} is no field of {model.__name__}", nearest(name, model.model_fields)
    elif detail["type"] == "value_error":
        what = str(detail["ctx"]["error"])
    return model.error(model.error_code, what, where=path, fix=fix)


def _is_union_label(part: str | int) -> bool:
    """Whether a part of pydantic's path names a member of a union, not a field."""
    return isinstance(part, str) and (part in _UNION_LABELS or "[" in part)
