"""Runs a compiled pipeline on this machine, step after step, from its definition and assets alone."""

from __future__ import annotations

import secrets
import string
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepsmith.container.archive.read import file_digest
from stepsmith.definition.assets import Compiled
from stepsmith.definition.checks import check
from stepsmith.definition.checks.references import order
from stepsmith.definition.parse import parse
from stepsmith.definition.references import parameter_of, references_in
from stepsmith.errors import DefinitionError, Faults, RunError, StepsmithError, error_of, nearest, together
from stepsmith.local.database import now
from stepsmith.local.history import EXECUTING, FAILED, STOPPED, SUCCEEDED, RunHistory
from stepsmith.local.models import ARN_PREFIX, ModelRegistry
from stepsmith.local.processing import run_processing
from stepsmith.local.registration import run_registration
from stepsmith.local.requirements import refuse_missing, refuse_missing_for_inputs
from stepsmith.local.sandbox import PlainProcess
from stepsmith.local.store import Store, find_store
from stepsmith.local.values import Finished, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stepsmith.definition.assets import Asset
    from stepsmith.definition.model import PipelineDefinition, Step
    from stepsmith.definition.references import Scalar
    from stepsmith.errors import Finding

LOCAL_ROLE = "arn:aws:iam::000000000000:role/local"
# Source: the shape ProcessingJobName in botocore's sagemaker/2017-07-24 service model.
JOB_NAME_CHARACTERS = 63
SUPPORTED = ("Processing", "RegisterModel")
# Source: the service's own execution ids, twelve lower-case letters and digits.
_ID_CHARACTERS, _ID_LENGTH = string.ascii_lowercase + string.digits, 12


@dataclass(frozen=True, slots=True)
class StepRun:
    """A step of a run: its status, how long it took, where its log is, and why it failed."""

    name: str
    status: str
    log: Path
    seconds: float = 0.0
    reason: str = ""


@dataclass(slots=True)
class Run:
    """A run: its id, the store that keeps it, its steps as they ended, and the model packages that it registered."""

    id: str
    pipeline: str
    store: Store
    steps: list[StepRun] = field(default_factory=list)
    packages: list[dict[str, Any]] = field(default_factory=list)
    status: str = EXECUTING


def run(
    compiled: Compiled,
    *,
    store: str | Path | None = None,
    parameters: Mapping[str, Scalar] | None = None,
    report: Callable[[StepRun], None] = lambda _: None,
) -> Run:
    """Runs a compiled pipeline to its end and returns the run; each step is shown to `report` as it begins and ends.

    `store` is the folder to keep everything in: the nearest `.stepsmith`, unless it is given. Raises: DefinitionError
    or RunError before anything runs, when it cannot; RunError when a step fails, and the steps after it are not run.
    """
    if not isinstance(compiled, Compiled):
        what = f"run takes what compile() returns, and not {type(compiled).__name__}"
        raise RunError("RUN004", what, fix="write run(pipeline.compile())")
    definition = parse(compiled.definition)
    _refuse_unrunnable(definition, compiled)
    values = _parameter_values(definition, parameters or {})
    place = Store(Path(store).resolve()) if store is not None else find_store()
    return _Engine(compiled, definition, place, values, report).run()


class _Engine:
    def __init__(
        self,
        compiled: Compiled,
        definition: PipelineDefinition,
        store: Store,
        parameters: Mapping[str, Scalar],
        report: Callable[[StepRun], None],
    ) -> None:
        self._compiled, self._definition, self._store, self._report = compiled, definition, store, report
        self._run = Run("".join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH)), compiled.name, store)
        self._history = RunHistory(store.database)
        self._models = ModelRegistry(store.database)
        self._values = Values(parameters, self._execution())

    def run(self) -> Run:
        run = self._run
        self._store.begin(run.id)
        for asset in self._compiled.assets:
            _keep(asset, self._store)
        refuse_missing_for_inputs(self._definition.steps, self._compiled.assets, self._values, self._store.objects)
        self._history.begin(run.id, run.pipeline, self._compiled.definition, dict(self._values.parameters))
        run.status = STOPPED
        try:
            for step in order(self._definition):
                self._run_step(step)
            run.status = SUCCEEDED
        except StepsmithError:
            run.status = FAILED
            raise
        finally:
            self._history.end(run.id, run.status)
        return run

    def _run_step(self, step: Step) -> None:
        log = self._store.run_folder(self._run.id) / f"{step.name}.log"
        begun = time.monotonic()
        status, reason = STOPPED, ""
        self._history.begin_step(self._run.id, step.name)
        try:
            log.touch()
            self._report(StepRun(step.name, EXECUTING, log))
            self._values.steps[step.name] = self._execute(step, log)
            status = SUCCEEDED
        except StepsmithError as error:
            status, reason = FAILED, "; ".join(finding.what for finding in error.findings)
            raise _step_failure(step.name, error, log) from error
        except OSError as error:
            status, reason = FAILED, f"{error.strerror}: {error.filename}"
            failure = RunError("RUN048", f"this machine failed it: {reason}")
            raise _step_failure(step.name, failure, log) from error
        finally:
            self._store.clear_sandbox(self._run.id, step.name)
            ended = StepRun(step.name, status, log, time.monotonic() - begun, reason)
            self._run.steps.append(ended)
            self._history.end_step(self._run.id, step.name, status, reason or None)
            self._report(ended)

    def _execute(self, step: Step, log: Path) -> Finished:
        request = self._values.resolved(step.arguments)
        if step.type == "RegisterModel":
            finished = run_registration(request, self._store.objects, self._models, self._run.id)
            self._run.packages.append(dict(finished.properties))
            log.write_text(f"{now()} INFO registered {finished.properties['ModelPackageArn']}\n", encoding="utf-8")
            return finished
        sandbox = PlainProcess(self._store.sandbox_folder(self._run.id, step.name))
        # The number keeps apart two steps whose long names are cut at the same place.
        number = len(self._values.steps) + 1
        job_name = f"pipelines-{self._run.id}-{number}-{step.name.replace('_', '-')}"[:JOB_NAME_CHARACTERS].rstrip("-")
        return run_processing(request, step.property_files, self._store.objects, sandbox, job_name, log)

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


def _keep(asset: Asset, store: Store) -> None:
    """Puts an asset's objects into the store, those apart that are there and still have their digest."""
    for item in asset.objects:
        uri = asset.object_uri(item)
        if not (store.objects.has(uri) and file_digest(str(store.objects.path(uri))) == item.digest):
            store.objects.put(uri, item.chunks())


def _refuse_unrunnable(definition: PipelineDefinition, compiled: Compiled) -> None:
    """Raises: every reason, together, why the definition cannot run on this machine."""
    faults = Faults()
    for finding in check(definition):
        faults.add(error_of(finding))
    for step in definition.steps:
        if step.type not in SUPPORTED:
            what = f"a step of type {step.type} does not run on this machine"
            fix = f"types that do: {', '.join(SUPPORTED)}; deploy the pipeline to run it on SageMaker"
            faults.add(RunError("RUN001", what, where=f"steps.{step.name}", fix=fix))
    with faults.caught():
        refuse_missing(compiled.assets)
    faults.raise_if_any()


def _parameter_values(definition: PipelineDefinition, given: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The value of each parameter; one that only names a role need not be given, for no role is used here.

    Raises: DefinitionError when one is unknown, missing, or not of its type.
    """
    faults = Faults()
    known = {parameter.name: parameter for parameter in definition.parameters}
    for name in (name for name in given if name not in known):
        what = f"the pipeline has no parameter {name!r}"
        faults.add(DefinitionError("DEF110", what, where=name, fix=nearest(name, known)))
    roles = _roles(definition)
    values: dict[str, Scalar] = {}
    for name, parameter in known.items():
        value = given.get(name, parameter.default)
        if value is None and name in roles:
            value = LOCAL_ROLE
        with faults.caught():
            if value is None:
                what = f"the parameter {name!r} has no default and is not given"
                raise DefinitionError("DEF013", what, where=name, fix=f"give it: --parameter {name}=VALUE")
            parameter.check(value)
            values[name] = value
    faults.raise_if_any()
    return values


def _roles(definition: PipelineDefinition) -> set[str]:
    """The parameters that are read as a RoleArn and as nothing else."""
    as_role: set[str] = set()
    elsewhere: set[str] = set()
    for step in definition.steps:
        for member, value in step.arguments.items():
            names = {name for one in references_in(value) if (name := parameter_of(one)) is not None}
            (as_role if member == "RoleArn" else elsewhere).update(names)
    return as_role - elsewhere


class StepFailedError(RunError):
    """A step failed. `step`, `reason` and `log` say which, why, and where the whole of its log is."""

    def __init__(self, step: str, finding: Finding, log: Path) -> None:
        where = f"steps.{step}.{finding.where}" if finding.where else f"steps.{step}"
        super().__init__(finding.code, f"step {step!r} failed: {finding.what}", where=where, fix=finding.fix)
        self.step, self.reason, self.log = step, finding.what, log


def _step_failure(step: str, error: StepsmithError, log: Path) -> StepsmithError:
    return together([StepFailedError(step, finding, log) for finding in error.findings])
