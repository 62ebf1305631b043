"""DEF110 to DEF119: references to what is not there, or may not run, property files that lead astray, and cycles."""

from __future__ import annotations

import heapq
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from stepsmith.definition.model import COMPLETED, OUTCOMES, all_steps
from stepsmith.definition.references import Get, JsonGet, parameter_of, references_in, references_with_paths, step_of
from stepsmith.diagnostics import About, Example, Finding, Rule, Severity, Suggestion, suggest_names
from stepsmith.sagemaker.step_types import step_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stepsmith.definition.model import PipelineDefinition, Step
    from stepsmith.definition.references import Reference
    from stepsmith.diagnostics.finding import Path


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
# What a loop's steps read the item by that they run for. Source: SDK v3, mlops.workflow.for_each_step.
_ITEM = "ForEach.CurrentItem"
# Where a step stands that another step holds, and how to read it from outside.
_IN_BRANCH = ("a branch", "let it wait for the condition: DependsOn ['{outer}'], or put it into the branch")
_IN_LOOP = (
    "the body",
    "read one iteration's, Steps.{outer}.IterationOutputs[0].{inner}; to wait for all, DependsOn ['{outer}'] alone",
)


def check_references(definition: PipelineDefinition) -> list[Finding]:
    """Findings about what the steps' arguments and DependsOn refer to, those of branches among them."""
    steps = {step.name: step for step in all_steps(definition.steps)}
    parameters = {parameter.name for parameter in definition.parameters}
    enclosing = dict(_enclosing_steps(definition.steps))
    references = {id(step): list(placed_references(step)) for step in all_steps(definition.steps)}
    reads = {
        key: [name for _, reference in placed if (name := step_of(reference))] for key, placed in references.items()
    }
    findings: list[Finding] = []
    for step in steps.values():
        words = _extra_words(step, [steps[name] for name in enclosing[step.name]])
        for where, reference in references[id(step)]:
            findings += _missing(where, reference, steps, parameters, words)
        findings += _triggers(step)
        findings += [_no_step(("steps", step.name), name, steps) for name in step.depends_on if name not in steps]
        findings += _property_files(step)
    return [*findings, *_into_branches(steps, enclosing, reads), *_cycles(definition, reads)]


def order(definition: PipelineDefinition, reads: Mapping[int, Sequence[str]] | None = None) -> list[Step]:
    """The steps, each after all that it depends on by `DependsOn` or by a reference, else as they are written.

    `reads` has the names of the steps that each step reads, by its identity, if they are known.
    Raises: graphlib.CycleError if there is no such order.
    """
    steps = {step.name: step for step in definition.steps}
    # Who waits for a step in a branch waits for the condition that it is of.
    outermost = {inner.name: step.name for step in definition.steps for inner in all_steps([step])}
    # What is not there is found by its own check.
    graph = {
        name: {outermost[one] for one in dependencies(step, reads) if one in outermost} for name, step in steps.items()
    }
    sorter = TopologicalSorter(graph)
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


def dependencies(step: Step, reads: Mapping[int, Sequence[str]] | None = None) -> list[str]:
    """The names of the steps that `step` waits for, each once; what a condition's branches wait for among them.

    `reads` has the names of the steps that each step reads, by its identity, if they are known.
    """
    steps = list(all_steps([step]))
    own = {inner.name for inner in steps[1:]}
    named = (name for one in steps for name in one.depends_on)
    if reads is None:
        read = [name for reference in references_in(step) if (name := step_of(reference))]
    else:
        read = [name for one in steps for name in reads[id(one)]]
    return [name for name in dict.fromkeys([*named, *read]) if name not in own]


def placed_references(step: Step) -> Iterator[tuple[Path, Reference]]:
    """The references of a step and their places; the steps of its branches have their own."""
    yield from references_with_paths(step.own_arguments, ("steps", step.name, "Arguments"))
    yield from references_with_paths(dict(step.others), ("steps", step.name))


def _into_branches(
    steps: Mapping[str, Step], enclosing: Mapping[str, tuple[str, ...]], reads: Mapping[int, Sequence[str]]
) -> Iterator[Finding]:
    """Who reads a step in a condition's branch from outside waits for the condition; of a loop's body nobody can."""
    for step in steps.values():
        inside = {*enclosing[step.name], step.name}
        waits_for = {*inside, *(name for name in step.depends_on if name in steps and not _is_loop(steps[name]))}
        for name in dict.fromkeys([*step.depends_on, *reads[id(step)]]):
            outer = next((one for one in enclosing.get(name, ()) if one not in waits_for), None)
            if outer is not None:
                kind, fix = _IN_LOOP if _is_loop(steps[outer]) else _IN_BRANCH
                message = f"it reads, or waits for, {name!r}, which only runs in {kind} of {outer!r}"
                yield Finding("DEF117", message, ("steps", step.name), fix.format(outer=outer, inner=name))


def _is_loop(step: Step) -> bool:
    known = step_type(step.type)
    return known is not None and known.is_loop


def _enclosing_steps(steps: Iterable[Step], enclosing: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each step's name, and those of the steps in whose branches it stands, the outermost first."""
    for step in steps:
        yield step.name, enclosing
        for branch in step.branches.values():
            yield from _enclosing_steps(branch, (*enclosing, step.name))


def _extra_words(step: Step, enclosing: Iterable[Step]) -> tuple[str, ...]:
    """What the step may read, and below, besides parameters, steps and the execution."""
    of_items = (_ITEM,) if any(_is_loop(outer) for outer in enclosing) else ()
    bodies = [inner.name for body in step.branches.values() for inner in body] if _is_loop(step) else []
    return (*of_items, *(f"IterationOutput.{name}" for name in bodies))


def _triggers(step: Step) -> Iterator[Finding]:
    triggers: dict[str, str] = {}
    for name, trigger in ((name, trigger or COMPLETED) for name, trigger in step.dependencies):
        if trigger not in OUTCOMES:
            message = f"it is to run when {name!r} is {trigger!r}, and no step ends so"
            yield Finding("DEF119", message, ("steps", step.name), suggest_names(trigger, OUTCOMES))
        elif triggers.setdefault(name, trigger) != trigger:
            message = f"it is to run when {name!r} is {triggers[name]!r} and when it is {trigger!r}"
            yield Finding(
                "DEF119", message, ("steps", step.name), "write one of them, or 'Any'", severity=Severity.WARNING
            )


def _missing(
    where: Path, reference: Reference, steps: dict[str, Step], parameters: set[str], words: tuple[str, ...]
) -> Iterator[Finding]:
    parameter, read = parameter_of(reference), step_of(reference)
    if isinstance(reference, Get) and not _is_known(reference.path, words):
        message = f"{reference.path!r} leads nowhere: the service has no such word"
        below = Suggestion(f"write which of its members: {reference.path}.…")
        fix = below if reference.path in words else suggest_names(reference.path, (*_KNOWN, *words))
        yield Finding("DEF114", message, where, fix)
    if parameter is not None and parameter not in parameters:
        hint = suggest_names(parameter, parameters)
        fix = hint if hint.values else Suggestion(f"declare it: parameters: {{{parameter}: {{type: String}}}}")
        message = f"no parameter is named {parameter!r}"
        yield Finding("DEF110", message, where, fix, requires=[("parameters", parameter)])
    if read is None:
        return
    if read not in steps:
        yield _no_step(where, read, steps)
    elif isinstance(reference, JsonGet):
        files = [file.name for file in steps[read].property_files]
        if reference.property_file not in files:
            message = f"step {read!r} declares no property file {reference.property_file!r}"
            yield Finding("DEF112", message, where, suggest_names(reference.property_file, files))


def _is_known(path: str, words: tuple[str, ...]) -> bool:
    kind, _, rest = path.partition(".")
    if kind in ("Parameters", "Steps"):
        return bool(rest)
    below = any(path.startswith((f"{word}.", f"{word}[")) for word in words)
    return below or path in _KNOWN or (path == _ITEM and _ITEM in words)


def _property_files(step: Step) -> Iterator[Finding]:
    """A property file lies in one of its own step's outputs, and nowhere above it."""
    known = step_type(step.type)
    outputs = known.outputs if known else None
    entries = step.entries(outputs) if outputs else None
    names = None
    if outputs and isinstance(entries, list):
        names = [entry.get(outputs.name) for entry in entries if isinstance(entry, dict)]
    for file in step.property_files:
        if names is not None and file.output_name not in names:
            message = (
                f"the property file {file.name!r} is in an output {file.output_name!r}, which the step does not have"
            )
            fix = suggest_names(file.output_name, [name for name in names if isinstance(name, str)])
            yield Finding("DEF115", message, ("steps", step.name), fix)
        if file.path.startswith("/") or ".." in file.path.split("/"):
            message = f"the property file {file.name!r} lies outside its output: {file.path!r}"
            yield Finding("DEF116", message, ("steps", step.name), "write a path inside the output")


def _no_step(where: Path, name: str, steps: dict[str, Step]) -> Finding:
    message = f"no step is named {name!r}"
    return Finding("DEF111", message, where, suggest_names(name, steps), requires=[("steps", name, "Arguments")])


def _cycles(definition: PipelineDefinition, reads: Mapping[int, Sequence[str]]) -> Iterator[Finding]:
    try:
        order(definition, reads)
    except CycleError as error:
        path = " -> ".join(reversed(error.args[1]))
        yield Finding("DEF113", f"the steps wait for each other: {path}", suggestion="remove one of these dependencies")


RULES = (
    Rule(
        "DEF110",
        "A parameter that is not declared",
        "SageMaker refuses a reference to, or a value for, a parameter that the definition does not declare.",
        About.DEFINITION,
        "Correct the name, or declare the parameter.",
        Example("definition.json", '{"Get": "Parameters.Seconds"}', '{"Get": "Parameters.Second"}'),
    ),
    Rule(
        "DEF111",
        "A reference to a step that does not exist",
        "SageMaker refuses the definition if a reference or `DependsOn` names an unknown step.",
        About.DEFINITION,
        "Correct the name of the step, or add the step.",
        Example(
            "definition.json",
            '"Get": "Steps.ask.OutputParameters[\'Answer\']"',
            '"Get": "Steps.asks.OutputParameters[\'Answer\']"',
        ),
    ),
    Rule(
        "DEF112",
        "A property file that is not declared",
        "`JsonGet` reads a property file that its step declares under `PropertyFiles`.",
        About.DEFINITION,
        "Correct the name, or declare the property file in the step.",
        Example("definition.json", '"Steps.evaluate.PropertyFiles.Report"', '"Steps.evaluate.PropertyFiles.Metrics"'),
    ),
    Rule(
        "DEF113",
        "A dependency cycle",
        "References and `DependsOn` together must put the steps in an order. In a cycle, no step can run first.",
        About.DEFINITION,
        "Remove one of the dependencies that the message lists.",
        Example(
            "definition.json",
            '"Environment": {"STAGE": "test"}',
            '"Environment": {"STAGE": {"Get": "Steps.ask.OutputParameters[\'Answer\']"}}',
        ),
    ),
    Rule(
        "DEF114",
        "An unknown reference",
        "`Get` reads parameters, steps and a few values of the execution, and in a loop also the current item.",
        About.DEFINITION,
        "Correct the path. Among the values of the execution are `Execution.PipelineName` and "
        "`Execution.StartDateTime`.",
        Example(
            "definition.json", '"Environment": {"STAGE": "test"}', '"Environment": {"STAGE": {"Get": "Execution.Name"}}'
        ),
    ),
    Rule(
        "DEF115",
        "A property file in an output that does not exist",
        "SageMaker looks for a property file in an output of its own step.",
        About.DEFINITION,
        "Set `OutputName` to an output of the step.",
        Example("definition.json", '"OutputName": "report", "FilePath"', '"OutputName": "reports", "FilePath"'),
    ),
    Rule(
        "DEF116",
        "A property file outside its output",
        "`FilePath` is relative to the output and cannot leave it.",
        About.DEFINITION,
        "Write a relative path without `..`.",
        Example("definition.json", '"FilePath": "report.json"', '"FilePath": "../report.json"'),
    ),
    Rule(
        "DEF117",
        "A step in a branch or loop that is read from outside",
        "A step in a branch of a Condition may not run, so a step that reads it without waiting for the "
        "condition fails. A step in a loop runs once per item, so nothing outside can read it directly.",
        About.DEFINITION,
        "Let the step depend on the Condition, move it into the branch, or read the output of the loop.",
        Example(
            "definition.json",
            '"Arguments": {"answer": {"Get": "Steps.ask.OutputParameters[\'Answer\']"}}',
            '"Arguments": {"answer": {"Get": "Steps.register.ModelPackageArn"}}',
        ),
    ),
    Rule(
        "DEF119",
        "An unknown outcome",
        "A step can wait until another is Completed, Failed or Stopped, or for Any of these.",
        About.DEFINITION,
        "Set `Trigger` to one of these outcomes.",
        Example("definition.json", '"Trigger": "Any"', '"Trigger": "Failure"'),
    ),
)
