"""The end of a failed step's log, out of a CloudWatch that is real."""

from __future__ import annotations

import time

import boto3
import pytest

from stepsmith.aws.executions import StepExecution
from stepsmith.aws.watch import last_lines

pytestmark = pytest.mark.aws
GROUP = "/aws/sagemaker/ProcessingJobs"
STEP = StepExecution("model", "Failed", job_kind="ProcessingJob", job="pipelines-abc-model")


@pytest.fixture
def logs(cloud):  # noqa: ARG001 - whose environment it is
    return boto3.client("logs", region_name="eu-west-1")


def test_the_last_lines_are_those_of_the_job_s_own_stream(cloud, logs):
    logs.create_log_group(logGroupName=GROUP)
    now = int(time.time() * 1000)
    for stream, lines in (("pipelines-abc-model/algo-1", range(30)), ("pipelines-abc-model-2/algo-1", [99])):
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        events = [{"timestamp": now + number, "message": f"line {number}"} for number in lines]
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)
    assert last_lines(cloud.account(), STEP, 3) == ["line 27", "line 28", "line 29"]


def test_a_job_that_wrote_nothing_has_no_lines(cloud, logs):
    assert last_lines(cloud.account(), STEP, 3) == []
    logs.create_log_group(logGroupName=GROUP)
    assert last_lines(cloud.account(), STEP, 3) == []
