"""A run as it goes: a line a step when it has ended, and in a terminal, below these, the steps that are executing."""

from __future__ import annotations

import os
import shutil
import textwrap
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from stepsmith.cli.console.live_region import LiveRegion
from stepsmith.cli.console.log_tail import WARNING, LogFollower, entries
from stepsmith.cli.console.screen import format_size, print_line
from stepsmith.local.history import EXECUTING, FAILED, NOT_RUN, STOPPED, SUCCEEDED
from stepsmith.local.run import Observer, StepRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.local.run import Run

_WARNING_LINES = 5
_STATUS = max(map(len, (SUCCEEDED, FAILED, STOPPED, NOT_RUN, EXECUTING)))
_COLOURS = {SUCCEEDED: "green", FAILED: "red", STOPPED: "yellow", NOT_RUN: "yellow", EXECUTING: "cyan"}
# The columns of a step's line but for its name; what it takes at least, in however narrow a terminal.
_BESIDE_NAME, _LEAST_NAME, _MOST_NAME = 50, 12, 24
_LEAST_COLUMNS = 40
_REDRAW_SECONDS = 0.1
_INDENT = 4


@dataclass(frozen=True, slots=True)
class _Executing:
    """A step that is executing: since when, on the monotonic clock, and its log."""

    log: LogFollower
    since: float = field(default_factory=time.monotonic)


class RunProgress(Observer):
    """Prints a run as it goes; with `verbose` also what its steps log, each line after its step's name.

    With `quiet` nothing is printed but what they log, and that as an error is, beside the one document on the output.
    It is a context, at whose end nothing is drawn any more.
    """

    def __init__(self, *, verbose: bool, quiet: bool) -> None:
        self._verbose, self._quiet = verbose, quiet
        self._region = LiveRegion(
            self._executing_lines, redraw_seconds=_REDRAW_SECONDS, each_redraw=self._log_lines, quiet=quiet
        )
        self._terminal = self._region.is_drawn
        self.run: Run | None = None
        self._names: tuple[str, ...] = ()
        self._width = _LEAST_NAME
        self._executing: dict[str, _Executing] = {}

    def __enter__(self) -> RunProgress:  # noqa: PYI034 - `Self` came with Python 3.11
        return self

    def __exit__(self, *raised: object) -> None:
        self._region.__exit__(*raised)

    def begun(self, run: Run, definition: PipelineDefinition) -> None:
        """Says what of a container does not hold, and begins to draw and to follow logs, as far as it is to."""
        self.run, self._names = run, tuple(step.name for step in definition.steps)
        most = max(_LEAST_NAME, shutil.get_terminal_size().columns - _BESIDE_NAME) if self._terminal else _MOST_NAME
        self._width = max(_LEAST_NAME, min(most, max(map(len, self._names), default=0)))
        if run.warning and not self._quiet:
            print_line("\n".join(self._folded(f"note: {run.warning}")), err=True)
        if self._verbose or self._terminal:
            self._region.start()

    def step(self, step: StepRun) -> None:
        """Prints a step that has ended, and what its log warns of."""
        with self._region.lock:
            if step.status == EXECUTING:
                self._executing[step.name] = _Executing(LogFollower(step.log))
                return
            executing = self._executing.pop(step.name, None)
            if executing:
                while lines := self._added(step.name, executing.log, at_the_end=True):
                    self._region.print_above(lines)
            if not self._quiet:
                self._region.print_above([*self._line(step), *self._warnings(step)])

    def steps(self) -> list[StepRun]:
        """Every step of the run: those that have ended, as they did, and those that have not, now that it is over."""
        if self.run is None:
            return []
        ended = {step.name for step in self.run.steps}
        folder = self.run.store.run_folder(self.run.id)
        left = [
            StepRun(name, STOPPED if name in self._executing else NOT_RUN, folder / f"{name}.log")
            for name in self._names
            if name not in ended
        ]
        return [*self.run.steps, *left]

    def _line(self, step: StepRun) -> Sequence[str]:
        head = f"  {self._name(step.name)} "
        line = f"{head}{step.status:<{_STATUS}} "
        line += step.reason if step.status == NOT_RUN else f"{step.seconds:7.2f} s"
        if step.bytes_in is not None and step.bytes_out is not None:
            line += f"  {format_size(step.bytes_in):>8} in  {format_size(step.bytes_out):>8} out"
        first, *more = self._folded(line)
        at, end = len(head), len(head) + len(step.status)
        return [first[:at] + self._coloured(first[at:end], step.status) + first[end:], *more]

    def _warnings(self, step: StepRun) -> Iterator[str]:
        if not self._verbose and step.log.exists():
            for said in entries(step.log, WARNING)[-_WARNING_LINES:]:
                yield from self._folded(f"{' ' * _INDENT}warning: {said}")

    def _name(self, name: str) -> str:
        """A step's name, in a terminal as wide as all are; elsewhere it may be longer."""
        if self._terminal and len(name) > self._width:
            name = f"{name[: self._width - 1]}…"
        return f"{name:<{self._width}}"

    def _folded(self, line: str) -> Sequence[str]:
        """The line, in a terminal as as many as it takes there."""
        if not self._terminal:
            return [line]
        columns = max(shutil.get_terminal_size().columns, _LEAST_COLUMNS)
        return textwrap.wrap(line, columns, subsequent_indent=" " * 2 * _INDENT, break_on_hyphens=False)

    def _coloured(self, text: str, status: str) -> str:
        return click.style(text, fg=_COLOURS[status]) if self._terminal and not os.environ.get("NO_COLOR") else text

    def _log_lines(self) -> list[str]:
        return [line for name, step in self._executing.items() for line in self._added(name, step.log)]

    def _added(self, name: str, log: LogFollower, *, at_the_end: bool = False) -> list[str]:
        """What was added to a log that is to be followed, each line after the step's name."""
        if not self._verbose:
            return []
        with suppress(FileNotFoundError):
            return [f"{self._name(name)} | {line}" for line in log.lines(at_the_end=at_the_end)]
        return []

    def _executing_lines(self) -> Sequence[str]:
        """The steps that are executing, a line each."""
        columns = shutil.get_terminal_size().columns
        now = time.monotonic()
        lines = [
            f"  {self._name(name)} {EXECUTING:<{_STATUS}} {now - step.since:7.2f} s"
            for name, step in self._executing.items()
        ]
        return [self._coloured(line[: columns - 1], EXECUTING) for line in lines]
