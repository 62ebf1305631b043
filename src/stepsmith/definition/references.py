"""Values that are known only while a pipeline executes: `Get`, `Std:Join`, `Std:JsonGet`.

A `Value` is a literal or such a reference. A reference is never text: to join it to text there is `Join`.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-properties.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from stepsmith.errors import DefinitionError


class Reference:
    """A value that only an execution knows. Using it as text raises an error that shows `Join`."""

    __slots__ = ()

    def _not_text(self, *_: object) -> NoReturn:
        raise DefinitionError(
            "DEF001",
            f"{self!r} has no value before the pipeline executes, so it cannot be used as text",
            fix=f'join it when the pipeline executes: Join("/", ["s3://bucket/prefix", {self!r}])',
        )

    __str__ = __format__ = __add__ = __radd__ = __mod__ = __contains__ = __iter__ = _not_text
    startswith = endswith = split = rsplit = partition = rpartition = replace = _not_text
    strip = lstrip = rstrip = removeprefix = removesuffix = lower = upper = format = encode = _not_text


@dataclass(frozen=True, slots=True)
class Get(Reference):
    """The value at `path`: `Parameters.Name`, `Execution.PipelineExecutionId`, `Steps.name.Property`.

    >>> Get("Parameters.Approval")
    Get('Parameters.Approval')
    """

    path: str

    def __repr__(self) -> str:
        return f"Get({self.path!r})"


@dataclass(frozen=True, slots=True, repr=False)
class Join(Reference):
    """`values`, each as text, with `on` between them."""

    on: str
    values: tuple[Value, ...]

    def __init__(self, on: str, values: list[Value] | tuple[Value, ...]) -> None:
        object.__setattr__(self, "on", on)
        object.__setattr__(self, "values", tuple(values))

    def __repr__(self) -> str:
        return f"Join({self.on!r}, {list(self.values)!r})"


@dataclass(frozen=True, slots=True)
class JsonGet(Reference):
    """What stands at `path` in a property file that `step` wrote.

    Outside a condition the SDK accepts it and the service does not document it.
    """

    step: str
    property_file: str
    path: str

    def __repr__(self) -> str:
        return f"JsonGet({self.step!r}, {self.property_file!r}, {self.path!r})"


Scalar: TypeAlias = "str | int | float | bool"
Value: TypeAlias = "Scalar | Reference"


def to_json(value: Any) -> Any:
    """The JSON of a value, a list or a mapping with references in it, as the service reads it.

    >>> to_json({"S3Uri": Join("/", ["s3://b", Get("Parameters.P")])})
    {'S3Uri': {'Std:Join': {'On': '/', 'Values': ['s3://b', {'Get': 'Parameters.P'}]}}}
    """
    if isinstance(value, Get):
        return {"Get": value.path}
    if isinstance(value, Join):
        return {"Std:Join": {"On": value.on, "Values": [to_json(part) for part in value.values]}}
    if isinstance(value, JsonGet):
        file = {"Get": f"Steps.{value.step}.PropertyFiles.{value.property_file}"}
        return {"Std:JsonGet": {"PropertyFile": file, "Path": value.path}}
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    return value


def references_in(value: Any) -> list[Reference]:
    """Every reference in a value, a list or a mapping, the parts of a `Join` among them, in order."""
    if isinstance(value, Join):
        return [value, *(found for part in value.values for found in references_in(part))]
    if isinstance(value, Reference):
        return [value]
    if isinstance(value, dict):
        return [found for item in value.values() for found in references_in(item)]
    if isinstance(value, list | tuple):
        return [found for item in value for found in references_in(item)]
    return []


def step_of(reference: Reference) -> str | None:
    """The name of the step that a reference reads, or None where it reads no step.

    >>> step_of(Get("Steps.model.ProcessingJobArn"))
    'model'
    """
    if isinstance(reference, JsonGet):
        return reference.step
    if isinstance(reference, Get) and reference.path.startswith("Steps."):
        return reference.path.split(".")[1]
    return None


def parameter_of(reference: Reference) -> str | None:
    """The name of the parameter that a reference reads, or None where it reads no parameter."""
    if isinstance(reference, Get) and reference.path.startswith("Parameters."):
        return reference.path.split(".", 1)[1]
    return None
