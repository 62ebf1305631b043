"""DEF110 to DEF113: references to parameters, steps and property files that are not there, and cycles."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from stepsmith.definition.references import JsonGet, parameter_of, references_in, step_of
from stepsmith.errors import Finding, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.definition.model import PipelineDefinition, Step
    from stepsmith.definition.references import Reference


def check_references(definition: PipelineDefinition) -> list[Finding]:
    """Findings about what the steps' arguments and DependsOn refer to."""
    steps = {step.name: step for step in definition.steps}
    parameters = {parameter.name for parameter in definition.parameters}
    found: list[Finding] = []
    for step in definition.steps:
        for reference in references_in(step.arguments):
            found += _missing(step, reference, steps, parameters)
        for name in step.depends_on:
            if name not in steps:
                found.append(_no_step(step, name, steps))
    return found or list(_cycles(definition))


def order(definition: PipelineDefinition) -> list[Step]:
    """The steps, each after all that it depends on by `DependsOn` or by a reference, else as they are written.

    Raises: graphlib.CycleError when there is no such order.
    """
    steps = {step.name: step for step in definition.steps}
    sorter = TopologicalSorter({name: dependencies(step) for name, step in steps.items()})
    sorter.prepare()
    written = {name: index for index, name in enumerate(steps)}
    ordered: list[Step] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=written.__getitem__)
        sorter.done(*ready)
        ordered += [steps[name] for name in ready]
    return ordered


def dependencies(step: Step) -> list[str]:
    """The names of the steps that `step` waits for, each once."""
    read = (step_of(reference) for reference in references_in(step.arguments))
    return list(dict.fromkeys([*step.depends_on, *(name for name in read if name is not None)]))


def _missing(step: Step, reference: Reference, steps: dict[str, Step], parameters: set[str]) -> Iterator[Finding]:
    parameter, read = parameter_of(reference), step_of(reference)
    if parameter is not None and parameter not in parameters:
        yield Finding(
            "DEF110",
            f"no parameter is named {parameter!r}",
            f"steps.{step.name}",
            nearest(parameter, parameters)
            if parameters
            else f"declare it: parameters: {{{parameter}: {{type: String}}}}",
        )
    if read is None:
        return
    if read not in steps:
        yield _no_step(step, read, steps)
    elif isinstance(reference, JsonGet):
        files = [file.name for file in steps[read].property_files]
        if reference.property_file not in files:
            what = f"step {read!r} declares no property file {reference.property_file!r}"
            yield Finding("DEF112", what, f"steps.{step.name}", nearest(reference.property_file, files))


def _no_step(step: Step, name: str, steps: dict[str, Step]) -> Finding:
    return Finding("DEF111", f"no step is named {name!r}", f"steps.{step.name}", nearest(name, steps))


def _cycles(definition: PipelineDefinition) -> Iterator[Finding]:
    try:
        order(definition)
    except CycleError as error:
        path = " -> ".join(reversed(error.args[1]))
        yield Finding("DEF113", f"the steps wait for each other: {path}", fix="remove one of these dependencies")
