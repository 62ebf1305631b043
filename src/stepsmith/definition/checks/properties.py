"""DEF150 to DEF155: property paths (`Steps.<name>.<property path>`) that lead to nothing in the step that they read.

DEF150 a path that cannot be read, DEF151 a property that the step does not have, DEF152 a step into a value that has no
members or entries of that kind, DEF153 an output or input that the step itself does not declare, DEF154 an output
parameter that it does not declare, DEF155 a step that has no properties at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.definition.checks.references import placed_references
from stepsmith.definition.model import all_steps
from stepsmith.definition.references import Get
from stepsmith.diagnostics import About, Example, Finding, Rule, Suggestion, suggest_names
from stepsmith.sagemaker.service_model import service
from stepsmith.sagemaker.step_types import step_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stepsmith.definition.model import PipelineDefinition, Step
    from stepsmith.diagnostics.finding import Path
    from stepsmith.sagemaker.service_model import Service, Shape
    from stepsmith.sagemaker.step_types import StepType

# One part of a path: a member, an entry by its number, an entry by its name.
_PART = re.compile(r"""\.(?P<member>\w+)|\[(?P<index>\d+)\]|\[(?P<quote>['"])(?P<key>.*?)(?P=quote)\]""")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a property path: the text that it is written as, and the member, number or name that it says."""

    text: str
    member: str | None
    index: int | None
    key: str | None


def check_properties(definition: PipelineDefinition) -> list[Finding]:
    """Findings about each reference to a property of a step that is there."""
    steps = {step.name: step for step in all_steps(definition.steps)}
    return [
        finding
        for step in steps.values()
        for where, reference in placed_references(step)
        if isinstance(reference, Get)
        for finding in _property(reference, where, steps)
    ]


def _property(reference: Get, where: Path, steps: Mapping[str, Step]) -> Iterator[Finding]:
    root, _, rest = reference.path.partition(".")
    name = re.split(r"[.\[]", rest, maxsplit=1)[0]
    kind = step_type(steps[name].type) if root == "Steps" and name in steps else None
    if kind is None:
        return
    parts = _parts(rest[len(name) :])
    if not parts or parts[0].member is None:
        message = f"{reference.path!r} is no path to a property"
        yield Finding(
            "DEF150", message, where, "write it as Steps.model.ModelArtifacts.S3ModelArtifacts, or …Outputs['name']"
        )
    elif parts[0].member != "PropertyFiles":  # of them, what reads references finds
        shapes_found = _PropertyPath(reference.path, where, steps[name]).finding(parts, kind)
        yield from [shapes_found] if shapes_found else []


def _parts(text: str) -> list[_Part]:
    """The parts of a path, in order; none when some of it cannot be read."""
    parts, position = [], 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            return []
        index = int(match["index"]) if match["index"] else None
        parts.append(_Part(match[0], match["member"], index, match["key"]))
        position = match.end()
    return parts


@dataclass(frozen=True, slots=True)
class _PropertyPath:
    """A path into the properties of `step`, and where it is written."""

    path: str
    where: Path
    step: Step

    def finding(self, parts: list[_Part], kind: StepType) -> Finding | None:
        """What is wrong with the path, at the first part that leads nowhere."""
        first = parts[0].member or ""
        if kind.properties is None:
            return None
        if first == "OutputParameters" and first in kind.properties:
            return self._output_parameter(parts[1:])
        if first in kind.properties:
            return None  # what Pipelines gives by itself has no shape that could be read
        shapes = _property_shapes(kind)
        if not shapes and not kind.properties:
            message = f"{self.path!r}: a step of type {self.step.type} has no properties"
            return self._finding("DEF155", message, "read another step")
        shape = next((shape for shape in shapes if first in shape.members), None)
        if shape is None:
            known = {*kind.properties, *(member for one in shapes for member in one.members)}
            return self._finding(
                "DEF151",
                f"{self.path!r}: a step of type {self.step.type} has no {first!r}",
                suggest_names(first, known),
            )
        return self._walk(parts, shape, service(kind.service)) or self._check_declared(parts, kind)

    def _walk(self, parts: list[_Part], shape: Shape, of: Service) -> Finding | None:
        for part in parts:
            if shape.type == "structure" and part.member is not None:
                if part.member not in shape.members:
                    message = f"{self.path!r}: {shape.name} has no {part.member!r}"
                    return self._finding("DEF151", message, suggest_names(part.member, shape.members))
                shape = of.shape(shape.members[part.member])
            elif (shape.type == "list" and part.member is None) or (shape.type == "map" and part.key is not None):
                shape = of.shape(shape.item)
            else:
                message = f"{self.path!r}: {part.text!r} leads nowhere in {shape.name}, which is a {shape.type}"
                return self._finding("DEF152", message, _FORMS.get(shape.type, f"leave {part.text} out"))
        return None

    def _check_declared(self, parts: list[_Part], kind: StepType) -> Finding | None:
        """A named entry that the step declares itself is among those of its arguments."""
        for ports in kind.ports:
            length = len(ports.path)
            if len(parts) <= length or tuple(part.member for part in parts[:length]) != ports.path:
                continue
            entries = self.step.entries(ports)
            entry, names = parts[length], _entry_names(entries, ports.name)
            if entry.key is not None:
                is_there = names is None or entry.key in names
            else:
                is_there = _is_unknown(entries) or (entry.index or 0) < len(entries or ())
            if not is_there:
                message = f"{self.path!r}: step {self.step.name!r} declares no {entry.text} in {'.'.join(ports.path)}"
                return self._finding("DEF153", message, suggest_names(entry.key or "", names or ()))
        return None

    def _output_parameter(self, parts: list[_Part]) -> Finding | None:
        match parts:
            case [_Part(key=str(key))]:
                names = _entry_names(self.step.others.get("OutputParameters"), "OutputName")
                if names is None or key in names:
                    return None
                message = f"{self.path!r}: step {self.step.name!r} declares no output parameter {key!r}"
                return self._finding("DEF154", message, suggest_names(key, names))
        return self._finding(
            "DEF150", f"{self.path!r} is no path to an output parameter", "write OutputParameters['name']"
        )

    def _finding(self, code: str, message: str, fix: str | Suggestion) -> Finding:
        return Finding(code, message, self.where, fix)


def _is_unknown(entries: Any) -> bool:
    """Whether only an execution knows the entries, or what is wrong with them is for another check to find."""
    return entries is not None and not isinstance(entries, list | tuple)


def _entry_names(entries: Any, naming: str) -> list[str] | None:
    """The names of the entries that a step declares, or None where one of them is known only when it executes."""
    if _is_unknown(entries):
        return None
    named = [one.get(naming) if isinstance(one, dict) else None for one in entries or ()]
    names = [name for name in named if isinstance(name, str)]
    return names if len(names) == len(named) else None


# How a path steps into each type.
_FORMS = {
    "structure": "write a member: .Name",
    "list": "write an entry: [0], or the name of an output: ['name']",
    "map": "write a key: ['name']",
}


def _property_shapes(kind: StepType) -> list[Shape]:
    """The shapes whose members are a step type's properties."""
    if kind.describe is None:
        return []
    model = service(kind.service)
    operations = [operation for operation in (kind.describe, kind.listing) if operation]
    shapes = [shape for operation in operations if (shape := model.output_of(operation))]
    return [model.shape(shape.members[kind.response_member]) for shape in shapes] if kind.response_member else shapes


RULES = (
    Rule(
        "DEF150",
        "An invalid property path",
        "A property path consists of names separated by dots, and of keys or indexes in brackets. A key is in quotes.",
        About.DEFINITION,
        "Write it like `Steps.model.ProcessingOutputConfig.Outputs['name'].S3Output.S3Uri`.",
        Example("definition.json", "Outputs['report'].S3Output", "Outputs['report.S3Output"),
    ),
    Rule(
        "DEF151",
        "A property that the step does not have",
        "The properties of a step are the members of the response that describes its job. The definition is "
        "refused, or the execution fails, if the path names another.",
        About.DEFINITION,
        "Use one of the properties that the message suggests.",
        Example("definition.json", "Steps.evaluate.ProcessingJobArn", "Steps.evaluate.ProcessingJobARN"),
    ),
    Rule(
        "DEF152",
        "A path into a value that has no parts",
        "A path cannot continue below a text or number, and only a list takes an index.",
        About.DEFINITION,
        "End the path at the value, or correct the brackets.",
        Example("definition.json", "Steps.evaluate.ProcessingJobArn", "Steps.evaluate.ProcessingJobArn.Name"),
    ),
    Rule(
        "DEF153",
        "An output that the step does not declare",
        "The SDK accepts any name here, and the execution fails when it reaches the step that reads it.",
        About.DEFINITION,
        "Use the name of an output that the step declares.",
        Example("definition.json", "Outputs['report']", "Outputs['reports']"),
    ),
    Rule(
        "DEF154",
        "An output parameter that the step does not declare",
        "A Lambda or Callback step declares the values that it returns under `OutputParameters`.",
        About.DEFINITION,
        "Use the name of a declared output parameter, or declare it.",
        Example("definition.json", "OutputParameters['Answer']", "OutputParameters['Reply']"),
    ),
    Rule(
        "DEF155",
        "A step without properties",
        "A Fail step, for example, ends the execution and has nothing to read.",
        About.DEFINITION,
        "Read a property of another step.",
        Example(
            "definition.json",
            '"Arguments": {"answer": {"Get": "Steps.ask.OutputParameters[\'Answer\']"}}',
            '"Arguments": {"answer": {"Get": "Steps.stop.ErrorMessage"}}, "DependsOn": ["good-enough"]',
        ),
    ),
)
