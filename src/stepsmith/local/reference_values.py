"""References in a definition's arguments, as the values that they have in a run."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stepsmith.definition.property_path import json_path
from stepsmith.definition.references import Get, Join, JsonGet
from stepsmith.diagnostics import About, Rule, RunError
from stepsmith.sagemaker.step_types import port_name_members

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stepsmith.definition.property_path import PathPart
    from stepsmith.definition.references import Reference


@dataclass(frozen=True, slots=True)
class StepResult:
    """What later steps can read of a step: its properties in the shape that Describe has, and its property files.

    Besides, where it was a job: the bytes that it was given, its code apart, those that it left, and its outputs.
    """

    properties: Mapping[str, Any]
    property_files: Mapping[str, Path] = field(default_factory=dict)
    bytes_in: int | None = None
    bytes_out: int | None = None
    outputs: Mapping[str, Path] = field(default_factory=dict)


@dataclass(slots=True)
class ReferenceValues:
    """The values known so far in a run: parameters, the execution's own, and the steps that have ended."""

    parameters: Mapping[str, Any]
    execution: Mapping[str, str]
    steps: dict[str, StepResult] = field(default_factory=dict)

    def resolved(self, value: Any) -> Any:
        """A value, list or mapping with each reference replaced by what it stands for.

        Raises: RunError when a reference leads nowhere.
        """
        if isinstance(value, Get):
            return self._get(value)
        if isinstance(value, Join):
            return value.on.join(_text(self.resolved(part), value) for part in value.values)
        if isinstance(value, JsonGet):
            return self._json_get(value)
        if isinstance(value, dict):
            if len(value) == 1 and next(iter(value)).startswith("Std:"):
                message = f"the function {next(iter(value))} is not known on this machine in this form: {value!r}"
                raise RunError("RUN032", message)
            return {key: self.resolved(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.resolved(item) for item in value]
        return value

    def _get(self, reference: Get) -> Any:
        kind, _, rest = reference.path.partition(".")
        if kind == "Parameters" and rest in self.parameters:
            return self.parameters[rest]
        if kind == "Execution" and rest in self.execution:
            return self.execution[rest]
        step, _, path = rest.partition(".")
        if kind == "Steps" and step in self.steps:
            return _follow(self.steps[step].properties, path, reference)
        raise _nowhere(reference)

    def _json_get(self, reference: JsonGet) -> Any:
        step = self.steps.get(reference.step)
        path = step.property_files.get(reference.property_file) if step else None
        if path is None:
            raise _nowhere(reference)
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError("RUN031", f"the property file {path} cannot be read: {error}") from error
        return _follow(document, reference.path, reference)


def _follow(value: Any, path: str, reference: Reference) -> Any:
    parts = json_path(path)
    for part in parts or ():
        value = _part_of(value, part)
    if parts is None or value is None:
        raise _nowhere(reference)
    return value


def _part_of(value: Any, part: PathPart) -> Any:
    """The part of a value that a path names; None if there is none."""
    name = part.member if part.member is not None else part.key
    if isinstance(value, dict):
        return value.get(name)
    if not isinstance(value, list):
        return None
    if name is not None:
        members = list(port_name_members())
        entries = (entry for entry in value if isinstance(entry, dict))
        return next((entry for entry in entries if any(entry.get(member) == name for member in members)), None)
    return value[part.index] if part.index is not None and part.index < len(value) else None


def _text(value: Any, join: Join) -> str:
    if isinstance(value, dict | list) or value is None:
        raise RunError("RUN033", f"{join!r} would join what is no text: {value!r}")
    return as_text(value)


def as_text(value: Any) -> str:
    """A value as the text that the service makes of it: `true` and not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _nowhere(reference: Reference) -> RunError:
    message = f"{reference!r} leads nowhere in this run"
    return RunError("RUN030", message, fix="correct the property path, or put the step that it reads before this one")


RULES = (
    Rule(
        "RUN030",
        "A reference without a value",
        "When the step started, the property or the entry of a JSON file that it reads did not exist.",
        About.RUN,
        "Correct the property path, or run the step that provides the value before this one.",
    ),
    Rule(
        "RUN031",
        "A property file that cannot be read",
        "A property file must be JSON. The step that should write it did not, or wrote something else.",
        About.RUN,
        "Let the script write valid JSON to the path that the property file declares.",
    ),
    Rule(
        "RUN032",
        "A function that a local run does not support",
        "The definition uses a function, or a form of one, that only SageMaker can evaluate.",
        About.RUN,
        "Use `Std:Join` or `Std:JsonGet` with a property file, or deploy the pipeline.",
    ),
    Rule(
        "RUN033",
        "A join of a value that is not text",
        "`Std:Join` joins texts and numbers. A list, a mapping or null has no text form.",
        About.RUN,
        "Refer to a single value inside it.",
    ),
)
