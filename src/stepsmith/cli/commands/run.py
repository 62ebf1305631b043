"""`stepsmith run`: a pipeline on this machine."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from stepsmith.cli.console.log_tail import ENTRY, entries, tail
from stepsmith.cli.console.run_progress import RunProgress
from stepsmith.cli.console.screen import error_as_json, print_facts, print_json, print_line
from stepsmith.cli.options import json_option, parameter_option, pipeline_argument, store_option
from stepsmith.definition.parameters import typed_values
from stepsmith.definition.parse import parse
from stepsmith.diagnostics import StepsmithError, printable, relative_to_cwd
from stepsmith.local.digest_cache import open_digest_cache
from stepsmith.local.engine import run as run_compiled
from stepsmith.local.history import FAILED, NOT_RUN, STOPPED, SUCCEEDED
from stepsmith.local.run import failed_steps
from stepsmith.local.sandbox.selection import AUTO, SANDBOXES
from stepsmith.local.store import STORE_NAME, Store
from stepsmith.pipeline.load import compilation_of
from stepsmith.pipeline.passes import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import FrameType

    from stepsmith.local.run import Run, StepFailedError, StepRun

_INTERRUPTING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOG_LINES = 5
_LOG_LINE_CHARACTERS = 200
_REASON_CHARACTERS = 1000
# What is said of steps, and of a run, that ended so; in this order.
_ENDED = {FAILED: "failed", STOPPED: "stopped", NOT_RUN: "not run", SUCCEEDED: "succeeded"}


@click.command("run")
@pipeline_argument
@parameter_option
@click.option("--jobs", "-j", type=click.IntRange(min=1), help="Steps at a time; else one for each processor.")
@click.option(
    "--sandbox",
    type=click.Choice(SANDBOXES),
    default=AUTO,
    help="bwrap: a container's own paths and no network; process: plain processes; auto: bwrap where it works.",
)
@click.option("--verbose", "-v", is_flag=True, help="Print what the steps log, while they execute.")
@store_option
@json_option
def command(
    pipeline: Path,
    given: dict[str, str],
    jobs: int | None,
    sandbox: str,
    verbose: bool,  # noqa: FBT001 - click passes flags so
    store: Path | None,
    as_json: bool,  # noqa: FBT001 - click passes flags so
) -> None:
    """Run a pipeline on this machine: no AWS and no Docker.

    Everything is kept in .stepsmith beside the file.

    \b
    Example: stepsmith run pipeline.yaml -p Approval=Approved
    """
    store_folder = store or pipeline.parent / STORE_NAME
    with open_digest_cache(Store(store_folder.resolve())) as digests:
        compilation = compilation_of(pipeline, check, digests=digests)
    compiled = compilation.result()
    parameters = typed_values(parse(compiled.definition).parameters, given)
    failure: StepsmithError | None = None
    progress = RunProgress(verbose=verbose, quiet=as_json)
    try:
        with _interrupted_once(), progress:
            run_compiled(
                compiled, store=store_folder, parameters=parameters, sandbox=sandbox, jobs=jobs, observer=progress
            )
    except StepsmithError as error:
        if not failed_steps(error):
            raise
        failure = error.mapped(compilation.locate)
    except KeyboardInterrupt:
        print_line("", err=True)  # a terminal has printed ^C, and has not ended that line
        _tell(progress, None, as_json=as_json)
        raise click.Abort from None
    _tell(progress, failure, as_json=as_json)
    if failure:
        raise click.exceptions.Exit(1)


@contextmanager
def _interrupted_once() -> Iterator[None]:
    """A block that a signal interrupts once; those that follow change nothing, for it tidies up already.

    Interrupted at that, it would leave steps executing, or wait for ever for a lock that nobody gives back. A signal
    that is ignored, as a shell has it for what runs in the background, stays so.
    """
    interrupted = False

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            raise KeyboardInterrupt

    heeded = [number for number in _INTERRUPTING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(progress: RunProgress, failure: StepsmithError | None, *, as_json: bool) -> None:
    """Says how a run ended, if it has begun."""
    run = progress.run
    if run is None:
        return
    for step_failure in failed_steps(failure) if failure else ():
        print_line(_failure(step_failure), err=True)
    steps = progress.steps()
    for step in steps if failure is None else ():
        if step.status == FAILED:
            print_line(printable(f"step {step.name!r} failed: {step.reason}"), err=True)
    if as_json:
        print_json(_document(run, steps, failure))
    elif run.status == SUCCEEDED:
        _print_summary(run)
    else:
        _print_end(run, steps)


def _print_end(run: Run, steps: Sequence[StepRun]) -> None:
    """Prints how a run ended that did not succeed, which steps ended how, and where more is said."""
    print_line(f"run {run.id} of {run.pipeline} {_ENDED[run.status]}")
    names = {word: [step.name for step in steps if step.status == status] for status, word in _ENDED.items()}
    print_facts({**{word: ", ".join(ended) for word, ended in names.items()}, "logs": run.store.run_folder(run.id)})


def _print_summary(run: Run) -> None:
    """Prints what a run that succeeded registered, or else what its steps left, and where everything is."""
    print_line(f"run {run.id} of {run.pipeline} succeeded")
    store = run.store
    for package in run.packages:
        name, version = package["ModelPackageGroupName"], package["ModelPackageVersion"]
        print_line(f"registered {name} version {version}, {package['ModelApprovalStatus']}")
        print_facts(_facts(package, store))
    if not run.packages:
        outputs = {f"{step.name}.{name}": path for step in run.steps for name, path in step.outputs.items()}
        print_facts(outputs)
    print_facts({"logs": store.run_folder(run.id), "objects": store.objects.root})


def _facts(package: dict[str, Any], store: Store) -> dict[str, str | Path]:
    """What a registered version says of its model, and where on this machine what it points to lies."""
    properties = package.get("CustomerMetadataProperties", {})
    containers = package.get("InferenceSpecification", {}).get("Containers", [])
    model = containers[0].get("ModelDataUrl") if containers else None
    payload = package.get("SamplePayloadUrl")
    return {
        "source": properties.get("source", ""),
        "source_sha256": properties.get("source_sha256", ""),
        "package_sha256": properties.get("package_sha256", ""),
        "package": store.objects.path(model) if model else "",
        "payload": store.objects.path(payload) if payload else "",
        "registry": store.database,
    }


def _document(run: Run, steps: Sequence[StepRun], failure: StepsmithError | None) -> dict[str, Any]:
    failed = failed_steps(failure) if failure else []
    return {
        **({**error_as_json(failure), "step": failed[0].step, "log": str(failed[0].log)} if failure else {}),
        "id": run.id,
        "pipeline": run.pipeline,
        "status": run.status,
        "store": str(run.store.root),
        "sandbox": run.sandbox,
        "warning": run.warning,
        "steps": [
            {
                "name": step.name,
                "status": step.status,
                "reason": step.reason or None,
                "seconds": round(step.seconds, 3),
                "bytes_in": step.bytes_in,
                "bytes_out": step.bytes_out,
                "outputs": {name: str(path) for name, path in step.outputs.items()},
                "log": str(step.log) if step.status != NOT_RUN else None,
            }
            for step in steps
        ],
        "model_packages": run.packages,
    }


def _failure(failure: StepFailedError) -> str:
    """At most ten lines: step, reason, what to do, the last lines of the log, and the log's path."""
    finding = failure.findings[0]
    at = f"{finding.at} " if finding.at else ""
    lines = [f"{finding.code} {at}step {failure.step!r} failed: {failure.reason[:_REASON_CHARACTERS]}"]
    if finding.suggestion:
        lines.append(f"  fix: {finding.suggestion}")
    # Where the log has entries in our form, a traceback between them is for whoever opens the log.
    last = entries(failure.log, ENTRY) or tail(failure.log)
    last = [line for line in last if not line.endswith(failure.reason)][-LOG_LINES:]
    if last:
        lines += ["the last lines of its log:", *(f"  {line[:_LOG_LINE_CHARACTERS]}" for line in last)]
    return "\n".join(map(printable, [*lines, f"the whole log: {relative_to_cwd(failure.log)}"]))
