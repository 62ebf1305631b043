from __future__ import annotations

import json
from datetime import datetime, timezone

import boto3
import pytest

from stepsmith.aws.executions import (
    ENDED,
    EXECUTING,
    RUNNING,
    Execution,
    describe_execution,
    execution_arn,
    executions,
    list_step_executions,
    retry,
    start,
    stop,
)

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/one"
EXECUTION = f"{ARN}/execution/abcdefghijkl"
ROLE = "arn:aws:iam::123456789012:role/R"
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
DEFINITION = json.dumps({
    "Version": "2020-12-01",
    "Parameters": [
        {"Name": "Approval", "Type": "String", "DefaultValue": "Approved"},
        {"Name": "Rows", "Type": "Integer"},
        {"Name": "Strict", "Type": "Boolean", "DefaultValue": False},
    ],
    "Steps": [{"Name": "s", "Type": "Fail", "Arguments": {"ErrorMessage": "m"}}],
})  # fmt: skip


@pytest.fixture
def deployed(stubbed):
    """The same account, in which the pipeline is there; each call of it is one description more."""

    def once():
        answer = {"PipelineName": "one", "PipelineArn": ARN, "PipelineDefinition": DEFINITION, "RoleArn": ROLE}
        stubbed.answers("sagemaker", "describe_pipeline", answer, {"PipelineName": "one"})
        return stubbed.account

    return once


def described(stubbed, status, **more):
    answer = {"PipelineArn": ARN, "PipelineExecutionArn": EXECUTION, "PipelineExecutionStatus": status, **more}
    stubbed.answers("sagemaker", "describe_pipeline_execution", answer, {"PipelineExecutionArn": EXECUTION})


def summaries(*ids, **more):
    found = [
        {"PipelineExecutionArn": f"{ARN}/execution/{one}", "StartTime": NOW, "PipelineExecutionStatus": "Succeeded"}
        for one in ids
    ]
    return {"PipelineExecutionSummaries": found, **more}


def test_an_execution_is_started_with_what_was_given_alone(stubbed, deployed):
    parameters = [{"Name": "Rows", "Value": "5"}, {"Name": "Strict", "Value": "True"}]
    expected = {
        "PipelineName": "one",
        "PipelineParameters": parameters,
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 2},
    }
    account = deployed()
    stubbed.answers("sagemaker", "start_pipeline_execution", {"PipelineExecutionArn": EXECUTION}, expected)
    started = start(account, "one", {"Rows": 5, "Strict": True}, parallelism=2)
    assert started == Execution(EXECUTION, EXECUTING)
    assert (started.id, started.has_ended) == ("abcdefghijkl", False)


def test_all_that_is_wrong_with_parameters_and_steps_is_told_before_anything_is_started(deployed, expect_error):
    with expect_error([("DEF110", "Aproval"), ("DEF013", "Rows"), ("DEF011", "Strict")]):
        start(deployed(), "one", {"Aproval": "x", "Strict": "yes"}, steps=[])
    with expect_error("AWS040"):
        start(deployed(), "one", steps=["t"])


def test_steps_are_executed_alone_from_the_latest_execution_with_its_parameters(stubbed, deployed):
    account = deployed()
    deployed()
    stubbed.answers("sagemaker", "list_pipeline_executions", summaries("last"))
    selected = {"SourcePipelineExecutionArn": f"{ARN}/execution/last", "SelectedSteps": [{"StepName": "s"}]}
    expected = {
        "PipelineName": "one",
        "PipelineParameters": [],
        "SelectiveExecutionConfig": selected,
    }
    stubbed.answers("sagemaker", "start_pipeline_execution", {"PipelineExecutionArn": EXECUTION}, expected)
    assert start(account, "one", steps=["s"]).arn == EXECUTION


def test_executions_are_listed_page_by_page_up_to_as_many_as_are_asked_for(stubbed, deployed):
    account = deployed()
    stubbed.answers("sagemaker", "list_pipeline_executions", summaries("a", "b", NextToken="t"))
    stubbed.answers("sagemaker", "list_pipeline_executions", summaries("c", "d"))
    assert [one.id for one in executions(account, "one", 3)] == ["a", "b", "c"]


def test_an_execution_is_named_by_its_arn_its_id_or_not_at_all(stubbed, deployed, expect_error):
    assert execution_arn(deployed(), "one", EXECUTION) == EXECUTION
    with expect_error("AWS044"):
        execution_arn(deployed(), "one", EXECUTION.replace("pipeline/one", "pipeline/other"))
    assert execution_arn(deployed(), "one", "abc") == f"{ARN}/execution/abc"
    account = deployed()
    stubbed.answers("sagemaker", "list_pipeline_executions", summaries("last"))
    assert execution_arn(account, "one") == f"{ARN}/execution/last"


def test_a_pipeline_that_was_never_started_is_told(stubbed, deployed, expect_error):
    account = deployed()
    stubbed.answers("sagemaker", "list_pipeline_executions", summaries())
    with expect_error("AWS041"):
        execution_arn(account, "one")


def test_an_execution_that_is_not_there_is_told(stubbed, expect_error):
    stubbed.refuses("sagemaker", "describe_pipeline_execution", "ResourceNotFound")
    with expect_error("AWS044"):
        describe_execution(stubbed.account, EXECUTION)


def test_steps_have_their_job_their_times_and_why_they_failed(stubbed):
    job = "arn:aws:sagemaker:eu-west-1:123456789012:processing-job/pipelines-abc-model"
    first = [
        {"StepName": "a", "StepStatus": "Succeeded", "CacheHitResult": {"SourcePipelineExecutionArn": EXECUTION}},
        {"StepName": "b", "StepStatus": "Failed", "StartTime": NOW, "EndTime": NOW, "FailureReason": "why",
         "Metadata": {"ProcessingJob": {"Arn": job}}},
    ]  # fmt: skip
    check = {"QualityCheck": {"CheckType": "x", "CheckJobArn": job}}
    second = [{"StepName": "c", "StepStatus": "Executing", "Metadata": check},
              {"StepName": "d", "StepStatus": "Failed", "Metadata": {"Fail": {"ErrorMessage": "m"}}}]  # fmt: skip
    stubbed.answers("sagemaker", "list_pipeline_execution_steps", {"PipelineExecutionSteps": first, "NextToken": "t"})
    stubbed.answers("sagemaker", "list_pipeline_execution_steps", {"PipelineExecutionSteps": second})
    a, b, c, d = list_step_executions(stubbed.account, EXECUTION)
    assert a.is_from_cache
    assert (b.reason, b.job_kind, b.job, b.began) == ("why", "ProcessingJob", "pipelines-abc-model", NOW)
    assert (c.job_kind, c.job) == ("ProcessingJob", "pipelines-abc-model")
    assert (d.job_kind, d.job) == ("", "")


def test_every_status_of_an_execution_is_known():
    """Held to the service's own model: a new one would be waited for without end."""
    client = boto3.client("sagemaker", region_name="eu-west-1")
    model = client.meta.service_model.shape_for("PipelineExecutionStatus")
    assert set(model.enum) == {*RUNNING, *ENDED}


def test_the_iterations_of_a_for_each_are_told_apart(stubbed):
    found = [
        {"StepName": "each", "StepStatus": "Succeeded", "IterationContext": {"ParentStepName": "all", "Index": index}}
        for index in (0, 1)
    ]
    stubbed.answers("sagemaker", "list_pipeline_execution_steps", {"PipelineExecutionSteps": found})
    assert [step.name for step in list_step_executions(stubbed.account, EXECUTION)] == ["each[0]", "each[1]"]


def test_what_executes_is_stopped_and_what_has_ended_is_told(stubbed, expect_error):
    described(stubbed, "Executing")
    expected = {"PipelineExecutionArn": EXECUTION}
    stubbed.answers("sagemaker", "stop_pipeline_execution", {"PipelineExecutionArn": EXECUTION}, expected)
    described(stubbed, "Stopping")
    assert stop(stubbed.account, EXECUTION).status == "Stopping"
    described(stubbed, "Succeeded")
    with expect_error("AWS042"):
        stop(stubbed.account, EXECUTION)


def test_what_failed_is_tried_again_and_what_did_not_is_told(stubbed, expect_error):
    described(stubbed, "Failed", FailureReason="why")
    expected = {
        "PipelineExecutionArn": EXECUTION,
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 2},
    }
    stubbed.answers("sagemaker", "retry_pipeline_execution", {"PipelineExecutionArn": EXECUTION}, expected)
    # It is told as it was for a moment still.
    described(stubbed, "Failed", FailureReason="why")
    described(stubbed, "Executing")
    assert retry(stubbed.account, EXECUTION, 2).status == "Executing"
    assert stubbed.slept == [2.0]
    described(stubbed, "Executing")
    with expect_error("AWS043"):
        retry(stubbed.account, EXECUTION)
