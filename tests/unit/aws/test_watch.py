from __future__ import annotations

import pytest

from stepsmith.aws.executions import StepExecution
from stepsmith.aws.watch import last_lines, watch

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/one"
EXECUTION = f"{ARN}/execution/abcdefghijkl"
JOB = StepExecution("model", "Failed", job_kind="ProcessingJob", job="pipelines-abc-model")


class Watcher:
    def __init__(self):
        self.saw, self.troubles = [], []

    def seen(self, execution, steps):
        self.saw.append((execution.status, [(step.name, step.status) for step in steps]))

    def troubled(self, what):
        self.troubles.append(what)


@pytest.fixture
def watcher():
    return Watcher()


def look(stubbed, status, *steps):
    """One look: the execution's status, and each step's; or the code with which the steps are refused."""
    answer = {"PipelineExecutionArn": EXECUTION, "PipelineExecutionStatus": status}
    stubbed.answers("sagemaker", "describe_pipeline_execution", answer)
    if steps and isinstance(steps[0], str):
        stubbed.refuses("sagemaker", "list_pipeline_execution_steps", steps[0])
        return
    listed = [{"StepName": name, "StepStatus": status} for name, status in steps]
    stubbed.answers("sagemaker", "list_pipeline_execution_steps", {"PipelineExecutionSteps": listed})


def test_an_execution_is_followed_to_its_end_and_looked_at_less_often_while_nothing_changes(stubbed, watcher):
    look(stubbed, "Executing", ("a", "Executing"))
    look(stubbed, "Executing", ("a", "Executing"))
    look(stubbed, "Executing", ("a", "Executing"))
    look(stubbed, "Executing", ("a", "Succeeded"), ("b", "Executing"))
    look(stubbed, "Succeeded", ("a", "Succeeded"), ("b", "Succeeded"))
    execution, steps = watch(stubbed.account, EXECUTION, watcher)
    assert execution.status == "Succeeded"
    assert [step.name for step in steps] == ["a", "b"]
    assert stubbed.slept == [5.0, 7.5, 11.25, 5.0]
    assert watcher.saw[-1] == ("Succeeded", [("a", "Succeeded"), ("b", "Succeeded")])
    assert watcher.troubles == []


def test_a_busy_service_is_waited_out(stubbed, watcher, snapshot):
    look(stubbed, "Executing", ("a", "Executing"))
    stubbed.refuses("sagemaker", "describe_pipeline_execution", "ThrottlingException")
    look(stubbed, "Succeeded", ("a", "Succeeded"))
    assert watch(stubbed.account, EXECUTION, watcher)[0].status == "Succeeded"
    (trouble,) = watcher.troubles
    snapshot(trouble)


def test_what_does_not_pass_by_itself_ends_the_watching(stubbed, watcher, expect_error):
    look(stubbed, "Executing", ("a", "Executing"))
    stubbed.refuses("sagemaker", "describe_pipeline_execution", "ExpiredTokenException")
    with expect_error("AWS013"):
        watch(stubbed.account, EXECUTION, watcher)


def test_who_may_not_list_steps_sees_the_execution_alone(stubbed, watcher, snapshot):
    look(stubbed, "Executing", "AccessDeniedException")
    stubbed.answers(
        "sagemaker",
        "describe_pipeline_execution",
        {"PipelineExecutionArn": EXECUTION, "PipelineExecutionStatus": "Failed"},
    )
    execution, steps = watch(stubbed.account, EXECUTION, watcher)
    assert (execution.status, steps) == ("Failed", [])
    (trouble,) = watcher.troubles
    snapshot(trouble)


def test_the_steps_of_an_execution_that_has_ended_are_asked_for_again_and_at_last_left_out(stubbed, watcher, snapshot):
    for _ in range(3):
        look(stubbed, "Succeeded", "ServiceUnavailable")
    assert watch(stubbed.account, EXECUTION, watcher)[1] == []
    assert len(watcher.troubles) == 3
    snapshot("\n".join(watcher.troubles))


def streams(*names):
    return {"logStreams": [{"logStreamName": name, "lastEventTimestamp": number} for number, name in enumerate(names)]}


def test_the_end_of_a_job_s_log_is_that_of_its_latest_stream(stubbed):
    expected = {"logGroupName": "/aws/sagemaker/ProcessingJobs", "logStreamNamePrefix": "pipelines-abc-model/"}
    stubbed.answers(
        "logs", "describe_log_streams", streams("pipelines-abc-model/a-1", "pipelines-abc-model/a-2"), expected
    )
    asked = {"logGroupName": "/aws/sagemaker/ProcessingJobs", "logStreamName": "pipelines-abc-model/a-2"}
    events = {"events": [{"message": "one\n"}, {"message": "two"}]}
    stubbed.answers("logs", "get_log_events", events, {**asked, "startFromHead": False, "limit": 2})
    assert last_lines(stubbed.account, JOB, 2) == ["one", "two"]


def test_what_is_no_job_or_has_written_nothing_has_no_log(stubbed):
    assert last_lines(stubbed.account, StepExecution("check", "Failed"), 5) == []
    stubbed.answers("logs", "describe_log_streams", streams())
    assert last_lines(stubbed.account, JOB, 5) == []
    stubbed.refuses("logs", "describe_log_streams", "ResourceNotFoundException")
    assert last_lines(stubbed.account, JOB, 5) == []


def test_who_may_not_read_the_log_is_told(stubbed, expect_error):
    stubbed.refuses("logs", "describe_log_streams", "AccessDeniedException")
    with expect_error("AWS014"):
        last_lines(stubbed.account, JOB, 5)
