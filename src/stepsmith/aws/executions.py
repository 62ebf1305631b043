"""Executions of a deployed pipeline: started with checked parameters, listed, described, stopped, and tried again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - an annotation of a public record
from typing import TYPE_CHECKING, Any

from stepsmith.aws.errors import ABSENT, NOT_VALID, service_error_code, translate_errors
from stepsmith.aws.pipelines import require_pipeline
from stepsmith.definition.model import all_steps
from stepsmith.definition.parameters import given_values
from stepsmith.definition.parse import parse
from stepsmith.diagnostics import About, AwsError, Faults, Rule, suggest_names
from stepsmith.sagemaker.step_types import step_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stepsmith.aws.client import Account
    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.definition.references import Scalar

EXECUTING, STOPPING, STOPPED, FAILED, SUCCEEDED = "Executing", "Stopping", "Stopped", "Failed", "Succeeded"
WITH_FAILURES = "CompletedWithFailures"
# Source: the shape PipelineExecutionStatus in botocore's sagemaker/2017-07-24 service model.
RUNNING, ENDED = (EXECUTING, STOPPING), (STOPPED, FAILED, SUCCEEDED, WITH_FAILURES)
_LOOKS, _LOOK_SECONDS = 5, 2.0
_PIPELINE_OF = re.compile(r"(?P<pipeline>arn:[^/]+/[^/]+)/execution/[^/]+")


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution: its ARN, its status and, where it failed, why; when it began, and when it last changed."""

    arn: str
    status: str
    reason: str = ""
    began: datetime | None = None
    changed: datetime | None = None

    @property
    def id(self) -> str:
        """The last part of its ARN, which tells it from the pipeline's others."""
        return self.arn.rpartition("/")[2]

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it goes on."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True)
class StepExecution:
    """A step of an execution: its status, when it began and ended, why it failed, and the job that it is.

    `job_kind` is as the service has it (`ProcessingJob`), and `job` the job's name; both are "" of a step that is none.
    `is_from_cache` says that an earlier result was used. The name of a step in a ForEach has the iteration's number,
    `each[2]`.
    """

    name: str
    status: str
    began: datetime | None = None
    ended: datetime | None = None
    reason: str = ""
    job_kind: str = ""
    job: str = ""
    is_from_cache: bool = False


def start(
    account: Account,
    pipeline: str,
    parameters: Mapping[str, Scalar] | None = None,
    *,
    parallelism: int | None = None,
    steps: Sequence[str] = (),
    source: str | None = None,
) -> Execution:
    """Starts an execution of a deployed pipeline; with `steps` of these alone, with the others' results from `source`.

    `source` is an execution's id or ARN, the latest unless it is given. Raises: AwsError, or DefinitionError when a
    parameter is unknown, missing or not of its type, all faults together.
    """
    deployed = require_pipeline(account, pipeline)
    definition = parse(deployed.text)
    overrides = dict(parameters or {})
    faults = Faults()
    with faults.collect():
        # What a selective execution is not given is what its source was given.
        given_values(definition.parameters, overrides, None if steps else {})
    with faults.collect():
        _check_steps(definition, steps)
    faults.raise_if_any()
    request: dict[str, Any] = {
        "PipelineName": pipeline,
        # As the SageMaker Python SDK writes values too.
        "PipelineParameters": [{"Name": name, "Value": str(value)} for name, value in overrides.items()],
    }
    if parallelism is not None:
        request["ParallelismConfiguration"] = {"MaxParallelExecutionSteps": parallelism}
    if steps:
        request["SelectiveExecutionConfig"] = {
            "SourcePipelineExecutionArn": execution_arn(account, pipeline, source),
            "SelectedSteps": [{"StepName": step} for step in steps],
        }
    with translate_errors(f"the pipeline {pipeline!r} cannot be started"):
        answer = account.client("sagemaker").start_pipeline_execution(**request)
    return Execution(answer["PipelineExecutionArn"], EXECUTING)


def _check_steps(definition: PipelineDefinition, steps: Sequence[str]) -> None:
    names = [step.name for step in all_steps(definition.steps)]
    faults = Faults()
    for step in steps:
        if step not in names:
            faults.add(AwsError("AWS040", f"the pipeline has no step {step!r}", fix=suggest_names(step, names)))
    faults.raise_if_any()


def executions(account: Account, pipeline: str, limit: int = 20) -> list[Execution]:
    """The latest executions of a pipeline, the newest first.

    Raises: AwsError when there is no such pipeline.
    """
    require_pipeline(account, pipeline)
    return list(_listed(account, pipeline, limit))


def _listed(account: Account, pipeline: str, limit: int) -> Iterator[Execution]:
    client = account.client("sagemaker")
    more: dict[str, str] = {}
    with translate_errors(f"the executions of {pipeline!r} cannot be listed"):
        while limit > 0:
            answer = client.list_pipeline_executions(
                PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending", MaxResults=min(limit, 100), **more
            )
            for summary in answer.get("PipelineExecutionSummaries", ())[:limit]:
                reason = summary.get("PipelineExecutionFailureReason") or ""
                yield Execution(
                    summary["PipelineExecutionArn"],
                    summary["PipelineExecutionStatus"],
                    reason,
                    summary.get("StartTime"),
                )
                limit -= 1
            if not answer.get("NextToken"):
                return
            more = {"NextToken": answer["NextToken"]}


def execution_arn(account: Account, pipeline: str, execution: str | None = None) -> str:
    """The ARN of an execution, by its id or its ARN, or else of the pipeline's latest.

    Raises: AwsError when the pipeline is not there, or was never started.
    """
    if execution is not None and execution.startswith("arn:"):
        match = _PIPELINE_OF.fullmatch(execution)
        own = require_pipeline(account, pipeline).arn
        if match is None or match["pipeline"].lower() != own.lower():
            message = f"{execution} is no execution of {pipeline}"
            raise AwsError("AWS044", message, fix=f"name one of its own: stepsmith executions {pipeline}")
        return execution
    if execution is not None:
        return f"{require_pipeline(account, pipeline).arn}/execution/{execution}"
    latest = executions(account, pipeline, 1)
    if not latest:
        fix = f"start it: stepsmith start {pipeline}"
        raise AwsError("AWS041", f"the pipeline {pipeline!r} was never started", fix=fix)
    return latest[0].arn


def describe_execution(account: Account, arn: str) -> Execution:
    """An execution as it is now.

    Raises: AwsError when there is none.
    """
    try:
        with translate_errors(f"the execution {arn} cannot be described"):
            answer = account.client("sagemaker").describe_pipeline_execution(PipelineExecutionArn=arn)
    except AwsError as error:
        if service_error_code(error) in (*ABSENT, NOT_VALID):
            pipeline, _, identity = arn.rpartition("/execution/")
            name = pipeline.rpartition("/")[2]
            fix = f"see which there are: stepsmith executions {name}"
            raise AwsError("AWS044", f"the pipeline {name!r} has no execution {identity!r}", fix=fix) from error
        raise
    return Execution(
        answer.get("PipelineExecutionArn", arn),
        answer["PipelineExecutionStatus"],
        answer.get("FailureReason") or "",
        answer.get("CreationTime"),
        answer.get("LastModifiedTime"),
    )


def list_step_executions(account: Account, arn: str) -> list[StepExecution]:
    """The steps of an execution that have begun, in the order in which they did.

    Raises: AwsError when they cannot be listed.
    """
    paginator = account.client("sagemaker").get_paginator("list_pipeline_execution_steps")
    with translate_errors(f"the steps of {arn} cannot be listed"):
        pages = paginator.paginate(PipelineExecutionArn=arn, SortOrder="Ascending", MaxResults=100)
        return [_step(summary) for page in pages for summary in page.get("PipelineExecutionSteps", ())]


def _step(answer: Mapping[str, Any]) -> StepExecution:
    kind, job = _job(answer.get("Metadata") or {})
    iteration = answer.get("IterationContext") or {}
    name = answer["StepName"]
    return StepExecution(
        f"{name}[{iteration['Index']}]" if "Index" in iteration else name,
        answer["StepStatus"],
        answer.get("StartTime"),
        answer.get("EndTime"),
        answer.get("FailureReason") or "",
        kind,
        job,
        bool(answer.get("CacheHitResult")),
    )


def _job(metadata: Mapping[str, Any]) -> tuple[str, str]:
    """What kind of job a step is, and its name.

    Source: the shape PipelineExecutionStepMetadata in botocore's sagemaker/2017-07-24 service model.
    """
    for kind, facts in metadata.items():
        arn = facts.get("Arn") or facts.get("CheckJobArn") if isinstance(facts, dict) else None
        if arn:
            known = step_type(kind)  # of a check, the kind is the step type
            resource = known.resource if known else None
            return (resource.kind if resource and resource.is_job else kind), str(arn).rpartition("/")[2]
    return "", ""


def stop(account: Account, arn: str) -> Execution:
    """Stops an execution; its jobs are told to end.

    Raises: AwsError when it has ended already.
    """
    now = describe_execution(account, arn)
    if now.has_ended:
        raise AwsError(
            "AWS042", f"the execution {now.id} has ended already: {now.status}", fix="there is nothing to stop"
        )
    with translate_errors(f"the execution {now.id} cannot be stopped"):
        account.client("sagemaker").stop_pipeline_execution(PipelineExecutionArn=arn)
    return describe_execution(account, arn)


def retry(account: Account, arn: str, parallelism: int | None = None) -> Execution:
    """Goes on with an execution that failed or was stopped, from what did not succeed.

    Raises: AwsError when it goes on still, or succeeded.
    """
    now = describe_execution(account, arn)
    if now.status not in (FAILED, STOPPED, WITH_FAILURES):
        message = f"the execution {now.id} is {now.status}; what failed or was stopped can be tried again"
        raise AwsError("AWS043", message, fix="start the pipeline anew, or wait until it has ended")
    limits = {} if parallelism is None else {"ParallelismConfiguration": {"MaxParallelExecutionSteps": parallelism}}
    with translate_errors(f"the execution {now.id} cannot be tried again"):
        account.client("sagemaker").retry_pipeline_execution(PipelineExecutionArn=arn, **limits)
    begun = describe_execution(account, arn)
    for _ in range(_LOOKS):
        # It may be told as it was for a moment still, and would be taken for what came of it.
        if not begun.has_ended or begun.changed != now.changed:
            break
        account.sleep(_LOOK_SECONDS)
        begun = describe_execution(account, arn)
    return begun


RULES = (
    Rule(
        "AWS040",
        "A step that the pipeline does not have",
        "A selective execution runs some of the steps of the deployed pipeline.",
        About.AWS,
        "Correct the name of the step.",
    ),
    Rule(
        "AWS041",
        "A pipeline without executions",
        "The command uses the latest execution, and the pipeline was never started.",
        About.AWS,
        "Start it: `stepsmith start PIPELINE`.",
    ),
    Rule(
        "AWS042",
        "An execution that has already ended",
        "Only a running execution can be stopped.",
        About.AWS,
        "Do nothing, or name another execution. `stepsmith executions PIPELINE` lists them.",
    ),
    Rule(
        "AWS043",
        "An execution that cannot be retried",
        "Only an execution that failed or was stopped can be retried.",
        About.AWS,
        "Wait until it ends, or start the pipeline again: `stepsmith start PIPELINE`.",
    ),
    Rule(
        "AWS044",
        "An execution that does not exist",
        "The pipeline has no execution with this ID, or the ARN belongs to another pipeline.",
        About.AWS,
        "Use one that `stepsmith executions PIPELINE` lists.",
    ),
)
