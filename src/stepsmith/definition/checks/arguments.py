"""DEF120 and DEF130 to DEF139: arguments that do not fit the request which they become, by SageMaker's own model.

Any other reference is accepted wherever its value may fit: what it stands for is known only when the pipeline executes.
A parameter's default and allowed values that do not fit are warnings, as an execution may be given another. A member
that is null is one that is not there, as the SDK writes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stepsmith.definition.model import all_steps
from stepsmith.definition.references import Join, Reference, parameter_of
from stepsmith.diagnostics import About, Example, Finding, Key, Rule, Severity, Suggestion, suggest_names
from stepsmith.sagemaker.service_model import matches_pattern, service
from stepsmith.sagemaker.step_types import ROLE, step_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stepsmith.definition.model import PipelineDefinition, Step
    from stepsmith.definition.parameters import Parameter
    from stepsmith.diagnostics.finding import Path
    from stepsmith.sagemaker.service_model import Service, Shape
    from stepsmith.sagemaker.step_types import StepType

_SHAPE_NAMES = {
    "structure": "an object", "map": "an object", "list": "a list", "string": "a string", "boolean": "true or false",
    "integer": "a whole number", "long": "a whole number", "float": "a number", "double": "a number",
}  # fmt: skip
_TYPE_NAMES: dict[type, str] = {
    dict: "an object", list: "a list", tuple: "a list", str: "a string", bool: "true or false", int: "a whole number",
    float: "a number", type(None): "null", Join: "a Join, which is a string",
}  # fmt: skip
# The types of parameters that the service takes for a type of the model, the best first; to others it answers "Cannot
# assign property reference … to argument of type [String]".
# Source: https://github.com/aws/sagemaker-python-sdk/issues/4867
_PARAMETER_TYPES = {
    "string": ("String",), "boolean": ("Boolean",), "integer": ("Integer",), "long": ("Integer",),
    "float": ("Float", "Integer"), "double": ("Float", "Integer"),
}  # fmt: skip
# So many words of an enumeration are told where none is near; the service adds to longer ones between two botocores.
_MAX_WORDS_SHOWN = 12
_MAX_CHARACTERS_SHOWN = 60


def check_arguments(definition: PipelineDefinition) -> list[Finding]:
    """Findings about the arguments of each step whose type is known, those in a Condition's branches among them."""
    findings: list[Finding] = []
    parameters = {parameter.name: parameter for parameter in definition.parameters}
    for step in all_steps(definition.steps):
        kind = step_type(step.type)
        if kind is None:
            continue
        findings += _check_members(step, kind)
        refused = _refusals(step, kind)
        shape = service().input_of(kind.request) if kind.request else None
        if shape is None:
            findings += refused.values()
        else:
            reading = _RequestCheck(service(), refused, parameters, findings)
            reading.structure(step.arguments, shape, ("steps", step.name, "Arguments"), kind.supplied)
    return list(dict.fromkeys(findings))  # a parameter's default may be wrong wherever it is read, which is one fault


def _check_members(step: Step, kind: StepType) -> Iterator[Finding]:
    values_by_member = {
        "DependsOn": step.depends_on,
        "PropertyFiles": step.property_files,
        "CacheConfig": step.cache,
        "RetryPolicies": step.retry_policies,
    }
    for name in (*(name for name, value in values_by_member.items() if value), *step.others):
        if name not in kind.members:
            message = f"a step of type {step.type} has no member {name!r} beside its arguments"
            yield Finding("DEF139", message, ("steps", step.name, name), suggest_names(name, kind.members))


def _refusals(step: Step, kind: StepType) -> dict[Path, Finding]:
    """A finding for each member that Pipelines refuses of the step's arguments, by its place."""
    return {
        path: Finding("DEF138", f"refused by Pipelines: {refusal.path} of a {step.type} step", path, refusal.fix)
        for refusal in kind.refusals
        if refusal.beside is None or step.arguments.get(refusal.beside) is not None
        for path in _paths_in(step.arguments, refusal.path.split("."), ("steps", step.name, "Arguments"))
    }


def _paths_in(value: Any, path: list[str], where: Path) -> Iterator[Path]:
    """Where in `value` something stands at `path`."""
    if not path:
        yield where
        return
    name = path[0].removesuffix("[]")
    inner = value.get(name) if isinstance(value, dict) else None
    if inner is None:
        return
    if name == path[0]:
        yield from _paths_in(inner, path[1:], (*where, name))
    elif isinstance(inner, list | tuple):
        for index, item in enumerate(inner):
            yield from _paths_in(item, path[1:], (*where, name, index))


@dataclass(frozen=True, slots=True)
class _RequestCheck:
    """Values held against shapes: each method adds what is wrong with the one that it is given to `findings`."""

    service: Service
    refused: Mapping[Path, Finding]
    parameters: Mapping[str, Parameter]
    findings: list[Finding]

    def value(self, value: Any, shape: Shape, where: Path) -> None:
        """A value of any shape, or a reference to one."""
        if not isinstance(value, Reference):
            check = _READERS.get(shape.type)
            if check is not None:
                check(self, value, shape, where)
        elif isinstance(value, Join):
            text = _literal(value)
            if shape.type in ("structure", "list", "map"):
                self._wrong_type(value, shape, where)
            elif shape.type == "string" and text is not None:
                self.string(text, shape, where)
        elif (parameter := self.parameters.get(parameter_of(value) or "")) is not None:
            self._parameter(parameter, shape, where)

    def _parameter(self, parameter: Parameter, shape: Shape, where: Path) -> None:
        """A parameter: of a type that the service takes here, and of values that fit; "" is one that is to be given."""
        accepted_types = _PARAMETER_TYPES.get(shape.type, ())
        if parameter.type in accepted_types:
            values = replace(self, findings=[])
            for value in (parameter.default, *parameter.enum_values):
                if value not in (None, ""):
                    values.value(value, shape, ("parameters", parameter.name))
            self.findings.extend(replace(finding, severity=Severity.WARNING) for finding in values.findings)
        elif shape.type in _SHAPE_NAMES:
            message = f"the parameter {parameter.name!r} is of type {parameter.type}, and {shape.name} is to be "
            fix = (
                f"declare it so: parameters: {{{parameter.name}: {{type: {accepted_types[0]}}}}}"
                if accepted_types
                else "write it out"
            )
            if shape.type == "string":
                fix = f'{fix}, or make it text: Join("", [{parameter.reference!r}])'
            self._add("DEF120", message + _SHAPE_NAMES[shape.type], where, fix)

    def structure(self, value: Any, shape: Shape, where: Path, filled: frozenset[str] = frozenset()) -> None:
        """An object whose members the shape names; those in `filled` may be missing."""
        if not isinstance(value, dict):
            self._wrong_type(value, shape, where)
            return
        missing = [name for name in shape.required if value.get(name) is None and name not in filled and name != ROLE]
        for name, item in value.items():
            item_path = (*where, name)
            if item_path in self.refused:
                self.findings.append(self.refused[item_path])
            elif item is not None and name in shape.members:
                self.value(item, self.service.shape(shape.members[name]), item_path)
            elif item is not None:
                fix = suggest_names(name, shape.members)
                self._add("DEF130", f"{shape.name} has no member {name!r}", item_path, fix)
                # One slip of the pen is one finding: what was meant is not missing as well.
                missing = [one for one in missing if one not in fix.values]
        for name in missing:
            self._add("DEF131", f"{name} is missing", (*where, name), f"write {name}")

    def list(self, value: Any, shape: Shape, where: Path) -> None:
        """A list."""
        if not isinstance(value, list | tuple):
            self._wrong_type(value, shape, where)
            return
        self._count(len(value), shape, where)
        item_shape = self.service.shape(shape.item)
        for index, item in enumerate(value):
            self.value(item, item_shape, (*where, index))

    def map(self, value: Any, shape: Shape, where: Path) -> None:
        """An object of any keys."""
        if not isinstance(value, dict):
            self._wrong_type(value, shape, where)
            return
        self._count(len(value), shape, where)
        key_shape, item_shape = self.service.shape(shape.key), self.service.shape(shape.item)
        for key, item in value.items():
            item_path = (*where, Key(key))
            self.string(key, key_shape, item_path)
            self.value(item, item_shape, item_path)

    def string(self, value: Any, shape: Shape, where: Path) -> None:
        """A string: its words, its length, its pattern, and the first of them that does not fit."""
        if not isinstance(value, str):
            self._wrong_type(value, shape, where, "put it in quotes" if isinstance(value, int | float) else "")
        elif shape.enum:
            if value not in shape.enum:
                self._add("DEF133", f"{_short_text(value)} is no {shape.name}", where, _suggest_word(value, shape.enum))
        elif not _within(len(value), shape):
            message = f"{_short_text(value)} has {len(value)} characters, and a {shape.name} has {_bounds(shape)}"
            self._add("DEF135", message, where, f"write {_bounds(shape)} characters")
        elif shape.pattern and matches_pattern(shape.pattern, value) is False:
            message = f"{_short_text(value)} is no {shape.name}"
            self._add("DEF134", message, where, f"write what matches {shape.pattern}")

    def number(self, value: Any, shape: Shape, where: Path) -> None:
        """A number, whole where the shape is."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        is_part = isinstance(value, float) and not value.is_integer()
        if not is_number or (is_part and shape.type in ("integer", "long")):
            self._wrong_type(value, shape, where, "leave the quotes out" if isinstance(value, str) else "")
        elif not _within(value, shape):
            message = f"{value} is out of range: a {shape.name} is {_bounds(shape)}"
            self._add("DEF137", message, where, f"write a number of {_bounds(shape)}")

    def boolean(self, value: Any, shape: Shape, where: Path) -> None:
        """True or false."""
        if not isinstance(value, bool):
            self._wrong_type(value, shape, where)

    def _count(self, count: int, shape: Shape, where: Path) -> None:
        if not _within(count, shape):
            message = f"{count} entries, and {shape.name} has {_bounds(shape)}"
            self._add("DEF136", message, where, f"write {_bounds(shape)} entries")

    def _wrong_type(self, value: Any, shape: Shape, where: Path, fix: str = "") -> None:
        actual = _TYPE_NAMES.get(type(value), type(value).__name__)
        message = f"{shape.name} is to be {_SHAPE_NAMES[shape.type]}, and is {actual}"
        self._add("DEF132", message, where, fix or f"write {_SHAPE_NAMES[shape.type]}")

    def _add(self, code: str, message: str, where: Path, fix: str | Suggestion) -> None:
        self.findings.append(Finding(code, message, where, fix))


# What reads each type of the model; a value of a type that is not here is let be, as a time is, which has two forms.
_READERS: Mapping[str, Callable[[_RequestCheck, Any, Shape, Path], None]] = {
    "structure": _RequestCheck.structure,
    "list": _RequestCheck.list,
    "map": _RequestCheck.map,
    "string": _RequestCheck.string,
    "boolean": _RequestCheck.boolean,
    **dict.fromkeys(("integer", "long", "float", "double"), _RequestCheck.number),
}


def _literal(value: Any) -> str | None:
    """The text that a Join of literal parts will be, or None where only an execution knows it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Join):
        parts = [_literal(part) for part in value.values]
        known = [part for part in parts if part is not None]
        return value.on.join(known) if len(known) == len(parts) else None
    return None


def _within(measure: float, shape: Shape) -> bool:
    return (shape.least is None or measure >= shape.least) and (shape.most is None or measure <= shape.most)


def _bounds(shape: Shape) -> str:
    """The shape's bounds in words: those of a number's value, or of the length of all else."""
    if shape.most is None:
        return f"at least {shape.least}"
    return f"{shape.least} to {shape.most}" if shape.least is not None else f"at most {shape.most}"


def _suggest_word(value: str, words: tuple[str, ...]) -> Suggestion:
    """A hint at the word that is near, or at all where they are few."""
    hint = suggest_names(value, words)
    if hint.values or len(words) <= _MAX_WORDS_SHOWN:
        return hint
    return Suggestion(
        f"write one of the {len(words)} that the service takes, or upgrade botocore if it takes more by now"
    )


def _short_text(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= _MAX_CHARACTERS_SHOWN else shown[:_MAX_CHARACTERS_SHOWN] + "…"


RULES = (
    Rule(
        "DEF120",
        "A parameter of a type that the request does not accept",
        "SageMaker does not convert parameters. An Integer is not accepted as text, and the execution fails "
        "when it reaches the step.",
        About.DEFINITION,
        'Change the type of the parameter, or convert it to text with `Join("", [parameter])`.',
        Example(
            "definition.json",
            '"Environment": {"STAGE": "test"}',
            '"Environment": {"STAGE": {"Get": "Parameters.Seconds"}}',
        ),
    ),
    Rule(
        "DEF130",
        "An unknown member of a request",
        "The arguments of a step are a request of SageMaker's API, which refuses unknown members.",
        About.DEFINITION,
        "Correct the name, or remove the member.",
        Example("definition.json", '"VolumeSizeInGB": 30', '"VolumeSizeInGB": 30, "Volume": 30'),
    ),
    Rule(
        "DEF131",
        "A missing member of a request",
        "The API call is not valid without this member.",
        About.DEFINITION,
        "Add the member.",
        Example("definition.json", '"ImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/evaluate:1", ', ""),
    ),
    Rule(
        "DEF132",
        "A value of the wrong type",
        "The API expects another type at this point, and does not convert text to numbers or back.",
        About.DEFINITION,
        "Write a value of the type that the message names. Remove the quotes from a number, or add them to text.",
        Example("definition.json", '"InstanceCount": 1', '"InstanceCount": "1"'),
    ),
    Rule(
        "DEF133",
        "A value that is not in the list of allowed values",
        "The API accepts a fixed list of values here, according to botocore's service model.",
        About.DEFINITION,
        "Use one of the values that the message lists.",
        Example("definition.json", '"S3UploadMode": "EndOfJob"', '"S3UploadMode": "AtTheEnd"'),
    ),
    Rule(
        "DEF134",
        "A text that does not match its pattern",
        "SageMaker checks most texts against a pattern. botocore's own validation does not, so the error "
        "would appear on deployment.",
        About.DEFINITION,
        "Write a value that matches the pattern in the message.",
        Example(
            "definition.json",
            '"RoleArn": "arn:aws:iam::123456789012:role/SageMakerPipelines"',
            '"RoleArn": "the role of SageMaker"',
        ),
    ),
    Rule(
        "DEF135",
        "A text that is too short or too long",
        "The API limits the length of this text. A container argument, for example, has at most 256 characters.",
        About.DEFINITION,
        "Shorten or extend the text to the length that the message gives.",
        Example("definition.json", '["--metric", "auc"]', f'["--metric", "{"a" * 257}"]'),
    ),
    Rule(
        "DEF136",
        "A list with too few or too many entries",
        "The API limits the number of entries. An empty list of container arguments, for example, is refused.",
        About.DEFINITION,
        "Use as many entries as the message says, or remove an empty list.",
        Example("definition.json", '["--metric", "auc"]', "[]"),
    ),
    Rule(
        "DEF137",
        "A number out of range",
        "The API accepts numbers between two bounds here.",
        About.DEFINITION,
        "Use a number within the range that the message gives.",
        Example("definition.json", '"InstanceCount": 1', '"InstanceCount": 1000'),
    ),
    Rule(
        "DEF138",
        "A member that Pipelines does not accept",
        "Some members of a request are set by SageMaker Pipelines itself, or are not supported in a pipeline step.",
        About.DEFINITION,
        "Remove the member.",
        Example(
            "definition.json",
            '"ModelPackageGroupName": "credit-risk",',
            '"ModelPackageGroupName": "credit-risk", "CertifyForMarketplace": false,',
        ),
    ),
    Rule(
        "DEF139",
        "A member that the step type does not have",
        "Besides its arguments, a step has members that depend on its type. Only a Processing step, for "
        "example, has property files.",
        About.DEFINITION,
        "Remove the member, or correct its name.",
        Example(
            "definition.json",
            '"Name": "tell",',
            '"Name": "tell", "PropertyFiles": [{"PropertyFileName": "a", "OutputName": "b", "FilePath": "c"}],',
        ),
    ),
)
