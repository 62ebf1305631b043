"""An execution as it is followed: a line a change, and in a terminal, below these, the steps that are executing."""

from __future__ import annotations

import re
import shlex
import shutil
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from stepsmith.aws.executions import FAILED, STOPPED, SUCCEEDED, WITH_FAILURES, Execution, StepExecution
from stepsmith.aws.watch import last_lines, watch
from stepsmith.cli.console.live_region import LiveRegion
from stepsmith.cli.console.screen import format_duration, print_json, print_line, print_wrapped
from stepsmith.cli.deployed_pipelines import execution_document, iso_time
from stepsmith.diagnostics import StepsmithError, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Self

    from stepsmith.aws.client import Account

LOG_LINES = 10
_REDRAW_SECONDS = 0.5
_ENDED = {SUCCEEDED: "succeeded", FAILED: "failed", STOPPED: "stopped", WITH_FAILURES: "completed, with failures"}
# What colours and moves in a terminal, and means nothing elsewhere. Source: ECMA-48, 5.4 (control sequences).
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def follow(account: Account, pipeline: str, arn: str, *, as_json: bool, again: str) -> int:
    """Follows an execution of a pipeline to its end, and says how it ended: 0 where it succeeded, else 1.

    Ctrl-C leaves it executing; `again` is the command that comes back to it.
    """
    try:
        with Follower(pipeline, quiet=as_json) as follower:
            execution, steps = watch(account, arn, follower)
    except KeyboardInterrupt:
        print_line("", err=True)
        print_line(f"the execution goes on; to come back: {again}", err=True)
        print_line(f"to stop it: {again.replace(' watch ', ' stop ', 1)}", err=True)
        if as_json:
            print_json({"arn": arn, "status": "Interrupted", "again": again})
        raise click.Abort from None
    except StepsmithError:
        print_line(f"the execution {arn} may go on; to come back: {again}", err=True)
        raise
    logs = {step.name: list(_log(account, step)) for step in steps if step.status == FAILED}
    if as_json:
        print_json({**execution_document(execution, pipeline), "steps": [_step_document(step, logs) for step in steps]})
    else:
        _say_end(pipeline, execution, steps, logs)
    return 0 if execution.status == SUCCEEDED else 1


class Follower:
    """Prints an execution's changes; in a terminal its executing steps stay below them."""

    def __init__(self, pipeline: str, *, quiet: bool) -> None:
        self._pipeline, self._quiet = pipeline, quiet
        self._region = LiveRegion(self._live_lines, redraw_seconds=_REDRAW_SECONDS, quiet=quiet)
        self._printed_status: dict[str, str] = {}
        self._executing: list[StepExecution] = []
        self._trouble = ""

    def __enter__(self) -> Self:
        if self._region.is_drawn:
            self._region.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._region.__exit__(*raised)

    def seen(self, execution: Execution, steps: Sequence[StepExecution]) -> None:
        """The execution and its steps, as they are now."""
        changed = [step for step in steps if self._printed_status.get(step.name) != step.status]
        # What is drawn below the lines, live, needs no line of its own.
        lines = [_line(step) for step in changed if step.ended is not None or not self._region.is_drawn]
        if self._printed_status.get("") != execution.status and not execution.has_ended:
            lines.insert(0, f"execution {execution.id} of {self._pipeline}: {execution.status}")
        self._printed_status.update({step.name: step.status for step in changed}, **{"": execution.status})
        with self._region.lock:
            self._trouble = ""
            self._executing = [] if execution.has_ended else [step for step in steps if step.ended is None]
            self._region.print_above(() if self._quiet else lines)

    def troubled(self, what: str) -> None:
        """Something is not to be had just now; it is said once, until it is over."""
        with self._region.lock:
            if what != self._trouble:
                self._trouble = what
                self._region.clear()
                print_line(f"note: {what}", err=True)

    def _live_lines(self) -> list[str]:
        columns = shutil.get_terminal_size().columns
        return [_line(step)[: columns - 1] for step in self._executing]


def _line(step: StepExecution) -> str:
    """A step, its status, and for how long it has been executing or did."""
    seconds = _seconds(step)
    took = f"  {format_duration(seconds)}" if seconds is not None else ""
    cached = "  an earlier result is used" if step.is_from_cache else ""
    return printable(f"  {step.name:<24} {step.status:<10}{took}{cached}".rstrip())


def _seconds(step: StepExecution) -> float | None:
    if step.began is None:
        return None
    return ((step.ended or datetime.now(timezone.utc)) - step.began).total_seconds()


def _log(account: Account, step: StepExecution) -> Iterator[str]:
    """The last lines of a step's log, or why they are not to be had."""
    try:
        yield from last_lines(account, step, LOG_LINES)
    except StepsmithError as error:
        yield f"({error.findings[0].message})"


def _say_end(pipeline: str, execution: Execution, steps: Sequence[StepExecution], logs: dict[str, list[str]]) -> None:
    for step in steps:
        if step.status == FAILED:
            print_wrapped(
                f"step {step.name!r} failed: {_plain(step.reason) or 'no reason is given'}", indent=2, err=True
            )
            if logs[step.name]:
                print_line("the last lines of its log:", err=True)
                for line in logs[step.name]:
                    print_line(f"  {_plain(line)}", err=True)
    if execution.reason and not any(step.status == FAILED for step in steps):
        print_wrapped(f"it failed: {_plain(execution.reason)}", indent=2, err=True)
    print_line(f"execution {execution.id} of {pipeline} {_ENDED.get(execution.status, execution.status)}")


def _plain(text: str) -> str:
    """A text without what colours it."""
    return printable(_CONTROL.sub("", text))


def _step_document(step: StepExecution, logs: dict[str, list[str]]) -> dict[str, Any]:
    seconds = _seconds(step)
    return {
        "name": step.name,
        "status": step.status,
        "reason": step.reason or None,
        "began": iso_time(step.began),
        "seconds": None if seconds is None else round(seconds, 3),
        "job": step.job or None,
        "is_from_cache": step.is_from_cache,
        "log": logs.get(step.name),
    }


def watch_command(pipeline: str, execution: Execution | str, account: Account, profile: str | None) -> str:
    """The command that comes back to an execution."""
    identity = execution if isinstance(execution, str) else execution.id
    named = f" --profile {shlex.quote(profile)}" if profile else ""
    return f"stepsmith watch {shlex.quote(pipeline)} {identity} --region {account.region}{named}"
