"""What every executor is: a function that runs one step, and the task that it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from stepsmith.diagnostics import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stepsmith.definition.model import Step
    from stepsmith.local.model_registry import ModelRegistry
    from stepsmith.local.object_store import ObjectStore
    from stepsmith.local.reference_values import StepResult
    from stepsmith.local.sandbox.job import SandboxBackend
    from stepsmith.local.sandbox.launcher import Launcher
    from stepsmith.local.store import Store


class StepStoppedError(RunError):
    """A step was stopped with its run, and not because it failed."""


@dataclass(frozen=True, slots=True)
class StepTask:
    """A step to run. `arguments` are its arguments without references; `number` is its place in the definition, from 1.

    The others are where it runs: the run, the step's log, the store with its objects and models, and the sandbox.
    """

    step: Step
    arguments: Mapping[str, Any]
    number: int
    run_id: str
    log: Path
    store: Store
    objects: ObjectStore
    models: ModelRegistry
    backend: SandboxBackend
    launcher: Launcher


class Executor(Protocol):
    """Runs the steps of one type."""

    def __call__(self, task: StepTask) -> StepResult:
        """What later steps can read of the step. It leaves nothing else than its log, its outputs and its objects.

        Raises: StepsmithError if the step fails, StepStoppedError if it is stopped with its run.
        """
        ...
