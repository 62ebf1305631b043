"""Parameters: what may be given anew to each execution of a pipeline.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-parameters.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepsmith.definition.references import Get
from stepsmith.errors import DefinitionError, nearest

if TYPE_CHECKING:
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
                fix=nearest(str(self.type), ADMITS),
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
