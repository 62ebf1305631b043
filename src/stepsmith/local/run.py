"""A run and its steps as a caller sees them, who is shown them as they go, and the failure of a step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stepsmith.diagnostics import FaultsError, RunError
from stepsmith.local.history import EXECUTING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.diagnostics import Finding, StepsmithError
    from stepsmith.local.store import Store


@dataclass(frozen=True, slots=True)
class StepRun:
    """A step of a run: its status, how long it took, where its log is, and why it failed or was not run.

    Where it is a job that succeeded: the bytes of its inputs, its code apart, those of its outputs, and their folders.
    """

    name: str
    status: str
    log: Path
    seconds: float = 0.0
    reason: str = ""
    bytes_in: int | None = None
    bytes_out: int | None = None
    outputs: Mapping[str, Path] = field(default_factory=dict)


@dataclass(slots=True)
class Run:
    """A run: its id, the store that keeps it, its steps as they ended, and the model packages that it registered.

    `sandbox` names the kind of sandbox that its steps run in; `warning` says what of a container does not hold there.
    """

    id: str
    pipeline: str
    store: Store
    steps: list[StepRun] = field(default_factory=list)
    packages: list[dict[str, Any]] = field(default_factory=list)
    status: str = EXECUTING
    sandbox: str = ""
    warning: str = ""


class Observer:
    """Is shown a run as it goes; here it takes note of nothing. All calls come from the thread that called `run`."""

    def begun(self, run: Run, definition: PipelineDefinition) -> None:
        """The run is about to begin its first step."""

    def step(self, step: StepRun) -> None:
        """A step has begun, has ended, or will not be run."""


class StepFailedError(RunError):
    """A step failed. `step`, `reason` and `log` say which, why, and where the whole of its log is."""

    def __init__(self, step: str, finding: Finding, log: Path) -> None:
        message = f"step {step!r} failed: {finding.message}"
        super().__init__(finding.code, message, where=("steps", step, *finding.path), fix=finding.suggestion)
        self.step, self.reason, self.log = step, finding.message, log


def failed_steps(error: StepsmithError) -> list[StepFailedError]:
    """The failures of steps that an error of `run` tells."""
    errors = error.errors if isinstance(error, FaultsError) else (error,)
    return [one for one in errors if isinstance(one, StepFailedError)]
