"""Parameters: what may be given anew to each execution of a pipeline.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-parameters.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from stepsmith.definition.references import Get
from stepsmith.diagnostics import About, DefinitionError, Example, Faults, Rule, suggest_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stepsmith.definition.references import Scalar

# What each type of parameter admits, by the service's name of the type.
ADMITS: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (float, int),
    "Boolean": (bool,),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a pipeline: name, type (String, Integer, Float, Boolean), default, allowed values."""

    name: str
    type: str = "String"
    default: Scalar | None = None
    enum_values: tuple[Scalar, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.type, str) or self.type not in ADMITS:
            raise DefinitionError(
                "DEF010",
                f"{self.type!r} is no type of a parameter",
                where=self.name,
                fix=suggest_names(str(self.type), ADMITS),
            )
        for value in (*self.enum_values, *(() if self.default is None else (self.default,))):
            self.check(value)

    @property
    def reference(self) -> Get:
        """The reference that reads this parameter."""
        return Get(f"Parameters.{self.name}", self.type)

    def check(self, value: object) -> None:
        """Raises: DefinitionError when `value` is not of this parameter's type or not among its values."""
        admitted = (
            isinstance(value, ADMITS[self.type])
            and not (isinstance(value, bool) and self.type != "Boolean")
            and not (isinstance(value, float) and not math.isfinite(value))
        )
        if not admitted:
            raise DefinitionError(
                "DEF011",
                f"parameter {self.name} is of type {self.type}, and {value!r} is not",
                where=self.name,
                fix=f"give a value of type {self.type}",
            )
        if self.enum_values and value not in self.enum_values:
            raise DefinitionError(
                "DEF012",
                f"parameter {self.name} cannot be {value!r}",
                where=self.name,
                fix="give one of: " + ", ".join(str(allowed) for allowed in self.enum_values),
            )

    def read(self, text: str) -> Scalar:
        """The value that `text`, typed on a command line, means for this parameter.

        Raises: DefinitionError when it means none.
        """
        value: Scalar = text
        try:
            if self.type == "Integer":
                value = int(text)
            elif self.type == "Float":
                value = float(text)
            elif self.type == "Boolean" and text.lower() in ("true", "false"):
                value = text.lower() == "true"
        except ValueError:
            pass  # `check` says what is wrong with it
        self.check(value)
        return value


def given_values(
    parameters: Iterable[Parameter],
    given: Mapping[str, Scalar],
    fallback: Mapping[str, Scalar] | None = MappingProxyType({}),
) -> dict[str, Scalar]:
    """The value of each parameter: the given one, else its default, else what `fallback` has for it.

    Where `fallback` is None, one that has none of these is left out, and no fault.
    Raises: DefinitionError when one is unknown, missing, or not of its type; all faults together.
    """
    faults = Faults()
    known = {parameter.name: parameter for parameter in parameters}
    for name in (name for name in given if name not in known):
        message = f"the pipeline has no parameter {name!r}"
        faults.add(DefinitionError("DEF110", message, where=name, fix=suggest_names(name, known)))
    values: dict[str, Scalar] = {}
    for name, parameter in known.items():
        value = given.get(name, parameter.default)
        if value is None and fallback is None:
            continue
        if value is None and fallback is not None:
            value = fallback.get(name)
        with faults.collect():
            if value is None:
                message = f"the parameter {name!r} has no default and is not given"
                raise DefinitionError("DEF013", message, where=name, fix=f"give it: --parameter {name}=VALUE")
            parameter.check(value)
            values[name] = value
    faults.raise_if_any()
    return values


def typed_values(parameters: Iterable[Parameter], texts: Mapping[str, str]) -> dict[str, Scalar]:
    """What was typed for each parameter, as a value of the parameter's type.

    Raises: DefinitionError when one is unknown, or the text means no such value; all faults together.
    """
    faults = Faults()
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Scalar] = {}
    for name, text in texts.items():
        with faults.collect():
            if name not in known:
                message = f"the pipeline has no parameter {name!r}"
                raise DefinitionError("DEF110", message, where=name, fix=suggest_names(name, known))
            values[name] = known[name].read(text)
    faults.raise_if_any()
    return values


RULES = (
    Rule(
        "DEF010",
        "An unknown parameter type",
        "SageMaker accepts String, Integer, Float and Boolean, and refuses the definition for any other type.",
        About.DEFINITION,
        "Use one of these four types.",
        Example("definition.json", '"Name": "Seconds", "Type": "Integer"', '"Name": "Seconds", "Type": "Int"'),
    ),
    Rule(
        "DEF011",
        "A value that is not of the parameter's type",
        "SageMaker does not convert values. It refuses the definition or the execution.",
        About.DEFINITION,
        "Use a value of the declared type, or change the type. A number in quotes is a String.",
        Example("definition.json", '"DefaultValue": 900', '"DefaultValue": "900"'),
    ),
    Rule(
        "DEF012",
        "A value that the parameter does not allow",
        "If the default is not one of the allowed values, no execution can start without an explicit value.",
        About.DEFINITION,
        "Use one of the allowed values, or add the value to `EnumValues`.",
        Example("definition.json", '"DefaultValue": "PendingManualApproval"', '"DefaultValue": "Pending"'),
    ),
    Rule(
        "DEF013",
        "A parameter without a value",
        "The parameter has no default, so every execution must be given a value.",
        About.DEFINITION,
        "Pass it with `--parameter NAME=VALUE`, or give the parameter a default.",
    ),
)
