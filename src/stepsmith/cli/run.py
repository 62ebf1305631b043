"""`stepsmith run`: a pipeline on this machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stepsmith.cli.options import json_option, pipeline_argument, store_option
from stepsmith.cli.screen import error_as_json, say, say_json
from stepsmith.definition.parse import parse
from stepsmith.errors import DefinitionError, nearest
from stepsmith.local.engine import StepFailedError
from stepsmith.local.engine import run as run_compiled
from stepsmith.local.history import EXECUTING
from stepsmith.local.store import STORE_NAME, Store
from stepsmith.pipeline.document import load_pipeline

if TYPE_CHECKING:
    from stepsmith.definition.assets import Compiled
    from stepsmith.definition.references import Scalar
    from stepsmith.local.engine import Run, StepRun

LOG_LINES = 5
_LOG_LINE_CHARACTERS = 200
_REASON_CHARACTERS = 1000
_LOG_TAIL_BYTES = 16384
# An entry of a step's log (UTC ISO time, level, message), and one that warns.
_TIME = r"\d{4}-\d\d-\d\dT[\d:.]+Z "
_ENTRY = re.compile(rf"(?P<said>{_TIME}(?!DEBUG)[A-Z]+ .*)")
_WARNING = re.compile(rf"{_TIME}WARNING (?P<said>.*)")


@click.command("run")
@pipeline_argument
@click.option("--parameter", "-p", "given", multiple=True, metavar="NAME=VALUE", help="Give a parameter; repeatable.")
@store_option
@json_option
def command(pipeline: Path, given: tuple[str, ...], store: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Run a pipeline on this machine: no AWS, no Docker, no network.

    Everything is kept in .stepsmith beside the file.

    \b
    Example: stepsmith run pipeline.yaml -p Approval=Approved
    """
    declared = load_pipeline(pipeline)
    compiled = declared.compile()
    parameters = _parameters(compiled, given)
    report = (lambda _: None) if as_json else _report
    try:
        run = run_compiled(compiled, store=store or pipeline.parent / STORE_NAME, parameters=parameters, report=report)
    except StepFailedError as failure:
        failure.located(declared.locate)
        if as_json:
            say_json({**error_as_json(failure), "step": failure.step, "log": str(failure.log)})
        say(_failure(failure), err=True)
        raise click.exceptions.Exit(1) from failure
    if as_json:
        say_json(_document(run))
    else:
        say(_summary(run))


def _parameters(compiled: Compiled, given: tuple[str, ...]) -> dict[str, Scalar]:
    """What was typed for each parameter, as a value of the parameter's type."""
    known = {parameter.name: parameter for parameter in parse(compiled.definition).parameters}
    values: dict[str, Scalar] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"--parameter takes NAME=VALUE, and not {text!r}")
        if name not in known:
            what = f"the pipeline has no parameter {name!r}"
            raise DefinitionError("DEF110", what, where=name, fix=nearest(name, known))
        values[name] = known[name].read(value)
    return values


def _report(step: StepRun) -> None:
    """A line a step when it has ended, and under it what its log warns of."""
    if step.status == EXECUTING:
        return
    say(f"  {step.name:<24} {step.status:<9} {step.seconds:7.2f} s")
    for line in _entries(step.log, _WARNING)[-LOG_LINES:]:
        say(f"    warning: {line}")


def _summary(run: Run) -> str:
    lines = [f"run {run.id} of {run.pipeline} succeeded"]
    for package in run.packages:
        name, version = package["ModelPackageGroupName"], package["ModelPackageVersion"]
        lines.append(f"registered {name} version {version}, {package['ModelApprovalStatus']}")
        lines += [f"  {fact:<15} {_shown(value)}" for fact, value in _facts(package, run.store).items() if value]
    store = run.store
    places = {"logs": store.run_folder(run.id), "objects": store.objects.root, "registry": store.database}
    return "\n".join([*lines, *(f"  {name:<15} {_shown(place)}" for name, place in places.items())])


def _facts(package: dict[str, Any], store: Store) -> dict[str, Any]:
    """What a registered version says of its model, and where on this machine what it points to lies."""
    properties = package.get("CustomerMetadataProperties", {})
    containers = package.get("InferenceSpecification", {}).get("Containers", [])
    model = containers[0].get("ModelDataUrl") if containers else None
    payload = package.get("SamplePayloadUrl")
    return {
        "source": properties.get("source"),
        "source_sha256": properties.get("source_sha256"),
        "package_sha256": properties.get("package_sha256"),
        "package": store.objects.path(model) if model else None,
        "payload": store.objects.path(payload) if payload else None,
    }


def _shown(value: Any) -> str:
    """A path as it is seen from here, anything else as it is."""
    if isinstance(value, Path) and value.is_relative_to(Path.cwd()):
        return str(value.relative_to(Path.cwd()))
    return str(value)


def _document(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "pipeline": run.pipeline,
        "status": run.status,
        "store": str(run.store.root),
        "steps": [
            {
                "name": step.name,
                "status": step.status,
                "seconds": round(step.seconds, 3),
                "log": str(step.log),
            }
            for step in run.steps
        ],
        "model_packages": run.packages,
    }


def _failure(failure: StepFailedError) -> str:
    """At most ten lines: step, reason, what to do, the last lines of the log, and the log's path."""
    finding = failure.findings[0]
    at = f"{finding.at} " if finding.at else ""
    lines = [f"{finding.code} {at}step {failure.step!r} failed: {failure.reason[:_REASON_CHARACTERS]}"]
    if finding.fix:
        lines.append(f"  fix: {finding.fix}")
    # Where the log has entries in our form, a traceback between them is for whoever opens the log.
    tail = _entries(failure.log, _ENTRY) or _tail(failure.log)
    tail = [line for line in tail if not line.endswith(failure.reason)][-LOG_LINES:]
    if tail:
        lines += ["the last lines of its log:", *(f"  {line[:_LOG_LINE_CHARACTERS]}" for line in tail)]
    return "\n".join([*lines, f"the whole log: {_shown(failure.log)}"])


def _entries(log: Path, form: re.Pattern[str]) -> list[str]:
    """What the form's group says of each entry in the end of a log."""
    return [match["said"] for line in _tail(log) if (match := form.fullmatch(line))]


def _tail(log: Path) -> list[str]:
    with log.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _LOG_TAIL_BYTES))
        text = file.read().decode("utf-8", "replace")
    return ["".join(c if c.isprintable() else "?" for c in line) for line in text.splitlines() if line.strip()]
