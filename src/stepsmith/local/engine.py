"""Runs a compiled pipeline on this machine from its definition and assets alone, steps side by side where they may."""

from __future__ import annotations

import os
import secrets
import string
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stepsmith.container.archive.read import file_digest
from stepsmith.definition.assets import Compiled, FileSource, RemoteSource
from stepsmith.definition.parse import parse
from stepsmith.diagnostics import (
    About,
    ArchiveError,
    Finding,
    Rule,
    RunError,
    StepsmithError,
    combine_errors,
    relative_to_cwd,
)
from stepsmith.local.database import now, shared_connection
from stepsmith.local.executors import EXECUTORS
from stepsmith.local.executors.executor import StepStoppedError, StepTask
from stepsmith.local.history import EXECUTING, FAILED, NOT_RUN, STOPPED, SUCCEEDED, RunHistory, run_lock
from stepsmith.local.installed_packages import check_package_sources, check_packages_for_inputs
from stepsmith.local.model_registry import ARN_PREFIX, ModelRegistry
from stepsmith.local.preflight import check_runnable, parameter_values
from stepsmith.local.recovery import recover
from stepsmith.local.reference_values import ReferenceValues, StepResult
from stepsmith.local.run import Observer, Run, StepFailedError, StepRun
from stepsmith.local.run_owner import locked
from stepsmith.local.sandbox.launcher import Launcher
from stepsmith.local.sandbox.selection import AUTO, select_sandbox
from stepsmith.local.schedule import Schedule
from stepsmith.local.store import Store, find_store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    from stepsmith.definition.assets import Asset, AssetObject
    from stepsmith.definition.model import PipelineDefinition, Step
    from stepsmith.definition.references import Scalar
    from stepsmith.local.object_store import ObjectStore
    from stepsmith.local.sandbox.job import SandboxBackend

# Source: the service's own execution ids, twelve lower-case letters and digits.
_ID_CHARACTERS, _ID_LENGTH = string.ascii_lowercase + string.digits, 12


def run(
    compiled: Compiled,
    *,
    store: str | Path | None = None,
    parameters: Mapping[str, Scalar] | None = None,
    sandbox: str = AUTO,
    jobs: int | None = None,
    observer: Observer | None = None,
) -> Run:
    """Runs a compiled pipeline to its end and returns the run; it is shown to `observer` as it goes.

    `store` is the folder to keep everything in: the nearest `.stepsmith`, unless it is given. `sandbox` is one of
    `auto`, `bwrap` and `process`. At most `jobs` steps run at a time, as many as there are processors unless it is
    given. Raises: DefinitionError or RunError before anything runs, when it cannot; RunError when a step fails: what
    depends on it is not run, and all else is.
    """
    if not isinstance(compiled, Compiled):
        message = f"run takes what compile() returns, and not {type(compiled).__name__}"
        raise RunError("RUN004", message, fix="write run(pipeline.compile())")
    if jobs is not None and jobs < 1:
        raise RunError("RUN005", f"{jobs} steps at a time is none", fix="give jobs a number from 1 up")
    if observer is not None and not isinstance(observer, Observer):
        message = f"observer takes an Observer, and not {type(observer).__name__}"
        raise RunError("RUN006", message, fix="derive it from stepsmith.local.Observer")
    definition = parse(compiled.definition)
    check_runnable(definition, compiled)
    values = parameter_values(definition, parameters or {})
    kind = select_sandbox(sandbox)
    run_store = Store(Path(store).resolve()) if store is not None else find_store()
    return _Engine(compiled, definition, run_store, values, kind, observer or Observer()).run(jobs or _processors())


class _Engine:
    def __init__(
        self,
        compiled: Compiled,
        definition: PipelineDefinition,
        store: Store,
        parameters: Mapping[str, Scalar],
        kind: SandboxBackend,
        observer: Observer,
    ) -> None:
        self._compiled, self._definition, self._store = compiled, definition, store
        self._kind, self._observer = kind, observer
        run_id = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH))
        self._run = Run(run_id, compiled.name, store, sandbox=kind.name, warning=kind.warning)
        self._objects = store.objects_in(run_id)
        self._history = RunHistory(store.database)
        self._models = ModelRegistry(store.database)
        self._values = ReferenceValues(parameters, self._execution())
        self._schedule = Schedule(definition.steps)
        self._numbers = {step.name: number for number, step in enumerate(definition.steps, 1)}
        self._failures: list[StepFailedError] = []

    def run(self, jobs: int) -> Run:
        run, store = self._run, self._store
        check_package_sources(self._compiled.assets, self._objects)
        check_packages_for_inputs(self._definition.steps, self._compiled.assets, self._values, self._objects)
        store.begin(run.id)
        with locked(run_lock(store.database, run.id)):
            self._history.begin(run.id, run.pipeline, self._compiled.definition, dict(self._values.parameters))
            self._run_begun(jobs)
        if self._failures:
            raise combine_errors(self._failures)
        return run

    def _run_begun(self, jobs: int) -> None:
        """Runs what can be run, and takes note of how that ended."""
        run, store = self._run, self._store
        run.status, reason = STOPPED, None
        try:
            recover(store)
            store.make_working_folder(run.id)
            self._run_all(jobs)
            run.status = FAILED if self._failures else SUCCEEDED
            reason = "; ".join(dict.fromkeys(f"step {error.step!r} failed" for error in self._failures)) or None
        except StepsmithError as error:
            run.status, reason = FAILED, error.findings[0].message
            raise
        finally:
            # Should this be interrupted, what is told is true, and what is left is tidied up by the next run.
            try:
                self._history.end(run.id, run.status, reason)
            finally:
                store.end(run.id)

    def _run_all(self, jobs: int) -> None:
        """Runs every step that can be, up to so many at a time."""
        # The launcher is left first: what waits for a step in the pool waits no longer then.
        with shared_connection(self._store.database), ThreadPoolExecutor(jobs) as pool, Launcher() as launcher:
            for asset in self._compiled.assets:
                _store_asset(asset, self._objects)
            self._observer.begun(self._run, self._definition)
            running: dict[Future[StepResult], _Begun] = {}
            try:
                while True:
                    for step in self._schedule.ready()[: jobs - len(running)]:
                        begun = self._begin(step)
                        running[pool.submit(self._execute, step, begun.log, launcher)] = begun
                    if not running:
                        return
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        self._end(running.pop(future), future)
            finally:
                launcher.stop()
                for future, begun in running.items():
                    self._end(begun, future)

    def _begin(self, step: Step) -> _Begun:
        begun = _Begun(step.name, self._store.run_folder(self._run.id) / f"{step.name}.log", time.monotonic())
        self._schedule.begin(step.name)
        self._history.begin_step(self._run.id, step.name)
        begun.log.touch()
        self._observer.step(StepRun(step.name, EXECUTING, begun.log))
        return begun

    def _execute(self, step: Step, log: Path, launcher: Launcher) -> StepResult:
        """Runs a step, in a thread of its own."""
        task = StepTask(
            step=step,
            arguments=self._values.resolved(step.arguments),
            number=self._numbers[step.name],
            run_id=self._run.id,
            log=log,
            store=self._store,
            objects=self._objects,
            models=self._models,
            backend=self._kind,
            launcher=launcher,
        )
        return EXECUTORS[step.type](task)

    def _end(self, begun: _Begun, future: Future[StepResult]) -> None:
        """Takes note of how a step ended, once it has."""
        finished, error = None, future.exception()
        if error is None:
            status, reason, finished = SUCCEEDED, "", future.result()
            self._values.steps[begun.name] = finished
            self._schedule.succeeded(begun.name)
            if "ModelPackageArn" in finished.properties:
                self._run.packages.append(dict(finished.properties))
        elif isinstance(error, StepStoppedError):
            status, reason = STOPPED, ""
        else:
            failure = _step_failure(begun.name, error, begun.log)
            status, reason = FAILED, "; ".join(dict.fromkeys(one.reason for one in failure))
            self._failures += failure
        bytes_in, bytes_out = (finished.bytes_in, finished.bytes_out) if finished else (None, None)
        self._history.end_step(self._run.id, begun.name, status, reason or None, bytes_in, bytes_out)
        seconds, outputs = time.monotonic() - begun.at, finished.outputs if finished else {}
        self._show(StepRun(begun.name, status, begun.log, seconds, reason, bytes_in, bytes_out, outputs))
        if status == FAILED:
            for name, waited_for in self._schedule.failed(begun.name).items():
                log = begun.log.with_name(f"{name}.log")
                self._show(StepRun(name, NOT_RUN, log, reason=f"it depends on {waited_for!r}"))

    def _show(self, step: StepRun) -> None:
        self._run.steps.append(step)
        self._observer.step(step)

    def _execution(self) -> dict[str, str]:
        arn = f"{ARN_PREFIX}:pipeline/{self._compiled.name}"
        return {
            "PipelineExecutionId": self._run.id,
            "PipelineExecutionArn": f"{arn}/execution/{self._run.id}",
            "PipelineName": self._compiled.name,
            "PipelineArn": arn,
            "StartDateTime": now(),
            "CurrentDateTime": now(),
        }


@dataclass(frozen=True, slots=True)
class _Begun:
    """A step that has begun: its log, and when, on the monotonic clock."""

    name: str
    log: Path
    at: float


def _processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _store_asset(asset: Asset, objects: ObjectStore) -> None:
    """Puts an asset's objects into the store, those apart that are there and still have their digest."""
    for item in asset.objects:
        uri = asset.object_uri(item)
        if not (objects.has(uri) and file_digest(str(objects.path(uri))) == item.digest):
            objects.put(uri, _local_object(item, objects).chunks())


def _local_object(item: AssetObject, objects: ObjectStore) -> AssetObject:
    """An object with its bytes on this machine: of one that is on S3 the one that stands for it here.

    Raises: ArchiveError when that has not the digest.
    """
    if not isinstance(item.source, RemoteSource):
        return item
    path = objects.path(item.source.uri)
    digest = file_digest(str(path))
    if digest != item.digest:
        message = f"its SHA-256 is {digest}, and sha256 says {item.digest}"
        raise ArchiveError("ARC012", message, where=relative_to_cwd(path), fix="give the model that sha256 belongs to")
    return replace(item, source=FileSource(path))


def _step_failure(step: str, error: BaseException, log: Path) -> list[StepFailedError]:
    """What is wrong with a step. An error that nobody expected is the step's alone too: the others go on."""
    if not isinstance(error, Exception):
        raise error
    if isinstance(error, StepsmithError):
        findings = error.findings
    elif isinstance(error, OSError):
        message = f"this machine failed it: {error.strerror}: {error.filename}"
        findings = (Finding("RUN048", message),)
    else:
        message = f"stepsmith failed at it, and not by its fault: {type(error).__name__}: {error}"
        findings = (Finding("RUN066", message, suggestion="report it, with the step's script"),)
    return [
        StepFailedError(step, replace(finding, message=_escaped_text(finding.message)), log) for finding in findings
    ]


def _escaped_text(text: str) -> str:
    """A text in which what is no Unicode, of a file's name say, is escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


RULES = (
    Rule(
        "RUN004",
        "A run of something that was not compiled",
        "`run` takes the definition and assets that `compile()` returns.",
        About.RUN,
        "Write `run(pipeline.compile())`.",
    ),
    Rule(
        "RUN005",
        "An invalid number of parallel steps",
        "At least one step must run at a time.",
        About.RUN,
        "Pass a number from 1 up as `jobs`.",
    ),
    Rule(
        "RUN006",
        "An observer of the wrong type",
        "A run calls the methods of its observer when steps start and end.",
        About.RUN,
        "Derive the class from `stepsmith.local.Observer`.",
    ),
    Rule(
        "RUN048",
        "An operating system error in a step",
        "A file could not be read or written, or the system refused a resource. The other steps continue.",
        About.RUN,
        "Correct what the message names, such as permissions or disk space, and run the pipeline again.",
    ),
    Rule(
        "RUN066",
        "An internal error in a step",
        "Stepsmith failed in a way that it does not expect. The other steps continue.",
        About.RUN,
        "Report it, with the message and the step's script.",
    ),
)
