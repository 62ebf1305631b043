"""Values that are known only while a pipeline executes: `Get`, `Std:Join`, `Std:JsonGet`.

A `Value` is a literal or such a reference. A reference is never text: to join it to text there is `Join`.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-properties.html
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from stepsmith.diagnostics import About, DefinitionError, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stepsmith.diagnostics.finding import Path


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

    `type` is the parameter's, where it is known from where the reference was made, and no part of what it is.

    >>> Get("Parameters.Approval")
    Get('Parameters.Approval')
    """

    path: str
    type: str = field(default="", compare=False)

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


@dataclass(frozen=True, slots=True)
class JsonGetFromS3(Reference):
    """What stands at `path` in the JSON object of S3 at `s3_uri`, which may itself be known only then."""

    s3_uri: Value
    path: str

    def __repr__(self) -> str:
        return f"JsonGetFromS3({self.s3_uri!r}, {self.path!r})"


class Composite(ABC):
    """A record that may stand among values, and holds some itself: a step, in a branch of a condition."""

    __slots__ = ()

    @property
    @abstractmethod
    def held(self) -> tuple[Any, ...]:
        """The values that it holds."""


Scalar: TypeAlias = "str | int | float | bool"
Value: TypeAlias = "Scalar | Reference"


def to_json(value: Any) -> Any:
    """The JSON of a value, a list or a mapping with references in it, as the service reads it.

    >>> to_json({"S3Uri": Join("/", ["s3://b", Get("Parameters.P")])})
    {'S3Uri': {'Std:Join': {'On': '/', 'Values': ['s3://b', {'Get': 'Parameters.P'}]}}}
    """
    return replaced(value, _reference_to_json)


def replaced(value: Any, by: Callable[[Reference], Any]) -> Any:
    """A value, a list or a mapping in which `by` of a reference stands where that reference is.

    >>> replaced({"Role": Get("Parameters.Role"), "Seconds": [5]}, repr)
    {'Role': "Get('Parameters.Role')", 'Seconds': [5]}
    """
    if isinstance(value, Reference):
        return by(value)
    if isinstance(value, dict):
        return {key: replaced(item, by) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(item, by) for item in value]
    return value


def _reference_to_json(reference: Reference) -> Any:
    match reference:
        case Get(path):
            return {"Get": path}
        case Join(on, values):
            return {"Std:Join": {"On": on, "Values": [to_json(part) for part in values]}}
        case JsonGet(step, property_file, path):
            file = {"Get": f"Steps.{step}.PropertyFiles.{property_file}"}
            return {"Std:JsonGet": {"PropertyFile": file, "Path": path}}
        case JsonGetFromS3(s3_uri, path):
            return {"Std:JsonGet": {"S3Uri": to_json(s3_uri), "Path": path}}
    raise TypeError(f"{type(reference).__name__} is no reference of the language")


def walk(value: Any, path: Path = (), *, enters_references: bool = True) -> Iterator[tuple[Path, Any]]:
    """Every value inside a value that holds no others itself, with its path, in order.

    A reference comes before the values that it is made of, which have its path too; so do the values of a step.
    Without `enters_references`, a reference is one value.

    >>> list(walk({"A": [1, Join("/", ["s3:", Get("Parameters.P")])]}))[2:]
    [(('A', 1), 's3:'), (('A', 1), Get('Parameters.P'))]
    """
    pending = [(path, value)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict):
            pending += [((*path, key), item) for key, item in reversed(value.items())]
        elif isinstance(value, list | tuple):
            pending += [((*path, index), value[index]) for index in reversed(range(len(value)))]
        elif isinstance(value, Composite):
            pending += [(path, item) for item in reversed(value.held)]
        else:
            yield path, value
            if not enters_references:
                continue
            if isinstance(value, Join):
                pending += [(path, part) for part in reversed(value.values)]
            elif isinstance(value, JsonGetFromS3):
                pending.append((path, value.s3_uri))


def references_in(value: Any) -> list[Reference]:
    """Every reference in a value, a list, a mapping or a step, the parts of a `Join` among them, in order."""
    return [inner for _, inner in walk(value) if isinstance(inner, Reference)]


def references_with_paths(value: Any, path: Path) -> Iterator[tuple[Path, Reference]]:
    """Every reference in a value, and its path; the references inside a reference have the same path.

    >>> list(references_with_paths({"A": [Get("Parameters.P")]}, ("Arguments",)))
    [(('Arguments', 'A', 0), Get('Parameters.P'))]
    """
    return ((inner_path, inner) for inner_path, inner in walk(value, path) if isinstance(inner, Reference))


def display_text(value: Any) -> str:
    """A value as a person reads it, who cannot look up what a reference in it stands for.

    >>> display_text(Join("/", ["s3://b", Get("Parameters.P")]))
    's3://b/Parameters.P'
    """
    match value:
        case Get(path):
            return path
        case Join(on, values):
            return on.join(display_text(part) for part in values)
        case Reference():
            return repr(value)
    return str(value)


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


RULES = (
    Rule(
        "DEF001",
        "A reference that is used as text",
        "A parameter or property has no value until the pipeline runs, so Python cannot concatenate, format "
        "or split it.",
        About.DEFINITION,
        'Let the service join it: `Join("/", ["s3://bucket/prefix", reference])`.',
    ),
)
