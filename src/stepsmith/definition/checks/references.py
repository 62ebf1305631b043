"""DEF110 to DEF116: references to what is not there, property files that lead astray, and cycles."""

from __future__ import annotations

import heapq
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from stepsmith.definition.references import Get, JsonGet, parameter_of, references_in, step_of
from stepsmith.errors import Finding, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.definition.model import PipelineDefinition, Step
    from stepsmith.definition.references import Reference


# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-parameters.html and the SDK's own table.
_KNOWN = frozenset(
    f"Execution.{name}"
    for name in (
        "StartDateTime",
        "CurrentDateTime",
        "PipelineName",
        "PipelineArn",
        "PipelineExecutionId",
        "PipelineExecutionArn",
        "TrainingJobName",
        "ProcessingJobName",
    )
)


def check_references(definition: PipelineDefinition) -> list[Finding]:
    """Findings about what the steps' arguments and DependsOn refer to."""
    steps = {step.name: step for step in definition.steps}
    parameters = {parameter.name for parameter in definition.parameters}
    found: list[Finding] = []
    for step in definition.steps:
        for reference in references_in(step.arguments):
            found += _missing(step, reference, steps, parameters)
        found += [_no_step(step, name, steps) for name in step.depends_on if name not in steps]
        found += _property_files(step)
    return found or list(_cycles(definition))


def order(definition: PipelineDefinition) -> list[Step]:
    """The steps, each after all that it depends on by `DependsOn` or by a reference, else as they are written.

    Raises: graphlib.CycleError when there is no such order.
    """
    steps = {step.name: step for step in definition.steps}
    sorter = TopologicalSorter({name: dependencies(step) for name, step in steps.items()})
    sorter.prepare()
    names = list(steps)
    written = {name: index for index, name in enumerate(names)}
    ready: list[int] = []
    ordered: list[Step] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heapq.heappush(ready, written[name])
        name = names[heapq.heappop(ready)]
        sorter.done(name)
        ordered.append(steps[name])
    return ordered


def dependencies(step: Step) -> list[str]:
    """The names of the steps that `step` waits for, each once."""
    read = (step_of(reference) for reference in references_in(step.arguments))
    return list(dict.fromkeys([*step.depends_on, *(name for name in read if name is not None)]))


def _missing(step: Step, reference: Reference, steps: dict[str, Step], parameters: set[str]) -> Iterator[Finding]:
    parameter, read = parameter_of(reference), step_of(reference)
    if isinstance(reference, Get) and not _is_known(reference.path):
        what = f"{reference.path!r} leads nowhere: the service has no such word"
        yield Finding("DEF114", what, f"steps.{step.name}", nearest(reference.path, _KNOWN))
    if parameter is not None and parameter not in parameters:
        hint = nearest(parameter, parameters)
        fix = hint if "mean" in hint else f"declare it: parameters: {{{parameter}: {{type: String}}}}"
        yield Finding("DEF110", f"no parameter is named {parameter!r}", f"steps.{step.name}", fix)
    if read is None:
        return
    if read not in steps:
        yield _no_step(step, read, steps)
    elif isinstance(reference, JsonGet):
        files = [file.name for file in steps[read].property_files]
        if reference.property_file not in files:
            what = f"step {read!r} declares no property file {reference.property_file!r}"
            yield Finding("DEF112", what, f"steps.{step.name}", nearest(reference.property_file, files))


def _is_known(path: str) -> bool:
    kind, _, rest = path.partition(".")
    return (kind in ("Parameters", "Steps") and bool(rest)) or path in _KNOWN


def _property_files(step: Step) -> Iterator[Finding]:
    """A property file lies in one of its own step's outputs, and nowhere above it."""
    config = step.arguments.get("ProcessingOutputConfig")
    outputs = config.get("Outputs") if isinstance(config, dict) else None
    names = [one.get("OutputName") for one in outputs or () if isinstance(one, dict)] if outputs is not None else None
    for file in step.property_files:
        if names is not None and file.output_name not in names:
            what = f"the property file {file.name!r} is in an output {file.output_name!r}, which the step does not have"
            fix = nearest(file.output_name, [name for name in names if isinstance(name, str)])
            yield Finding("DEF115", what, f"steps.{step.name}", fix)
        if file.path.startswith("/") or ".." in file.path.split("/"):
            what = f"the property file {file.name!r} lies outside its output: {file.path!r}"
            yield Finding("DEF116", what, f"steps.{step.name}", "write a path inside the output")


def _no_step(step: Step, name: str, steps: dict[str, Step]) -> Finding:
    return Finding("DEF111", f"no step is named {name!r}", f"steps.{step.name}", nearest(name, steps))


def _cycles(definition: PipelineDefinition) -> Iterator[Finding]:
    try:
        order(definition)
    except CycleError as error:
        path = " -> ".join(reversed(error.args[1]))
        yield Finding("DEF113", f"the steps wait for each other: {path}", fix="remove one of these dependencies")
