"""`stepsmith watch`, `start --wait`, `stop` and `retry` as they are typed.

Moto runs nothing and lists no steps; what SageMaker would answer of those is answered on the way to it, in the form of
the service's own model.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time

import boto3
import botocore.session
import pytest
from botocore.validate import ParamValidator

from conftest import REGION
from stepsmith.aws import deploy

pytestmark = pytest.mark.aws
GROUP, JOB = "/aws/sagemaker/ProcessingJobs", "pipelines-abc-model"
MODEL = botocore.session.get_session().get_service_model("sagemaker")


@pytest.fixture
def sagemaker(cloud, pipeline_of, model_archive):
    """A deployed pipeline, and an execution of it that is as it is told to be, one look after another."""
    deploy(pipeline_of(model_archive()), account=cloud.account())
    arn = cloud.sagemaker.start_pipeline_execution(PipelineName="one")["PipelineExecutionArn"]
    return Executing(cloud, arn)


class Executing:
    def __init__(self, cloud, arn):
        self.cloud, self.arn, self.id = cloud, arn, arn.rpartition("/")[2]
        self.looks, self.stopped, self.retried = [], False, False
        self._forwarded = cloud.sagemaker_proxy.forwarded
        cloud.sagemaker_proxy.forwarded = self._answer

    def executions(self):
        """All executions of the pipeline, as moto lists them."""
        return self.cloud.sagemaker.list_pipeline_executions(PipelineName="one")["PipelineExecutionSummaries"]

    def _answer(self, method, path, headers, body):
        operation = headers.get("X-Amz-Target", "").partition(".")[2]
        status, steps = self.looks[0] if self.looks else ("Executing", [])
        answers = {
            "DescribePipelineExecution": {"PipelineExecutionArn": self.arn, "PipelineExecutionStatus": status},
            "ListPipelineExecutionSteps": {"PipelineExecutionSteps": steps},
            "StopPipelineExecution": {"PipelineExecutionArn": self.arn},
            "RetryPipelineExecution": {"PipelineExecutionArn": self.arn},
        }
        if operation not in answers:
            return self._forwarded(method, path, headers, body)
        self.stopped |= operation == "StopPipelineExecution"
        self.retried |= operation == "RetryPipelineExecution"
        if operation in ("ListPipelineExecutionSteps", "RetryPipelineExecution") and len(self.looks) > 1:
            self.looks.pop(0)
        shape = MODEL.operation_model(operation).output_shape
        report = ParamValidator().validate(answers[operation], shape)
        assert not report.has_errors(), report.generate_report()
        return 200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(answers[operation]).encode()

    def without_id(self, text):
        """A text with ID for the execution's id, which it has."""
        assert self.id in text
        return text.replace(self.id, "ID")


def step(name, status, **more):
    return {"StepName": name, "StepStatus": status, **more}


FAILED = step(
    "model",
    "Failed",
    FailureReason="ClientError: the archive is cut off",
    Metadata={"ProcessingJob": {"Arn": f"arn:aws:sagemaker:{REGION}:123456789012:processing-job/{JOB}"}},
)


def test_a_failed_step_is_told_with_its_reason_and_the_end_of_its_log(sagemaker, stepsmith, snapshot):
    logs = boto3.client("logs", region_name=REGION)
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName=f"{JOB}/algo-1")
    events = [{"timestamp": int(time.time() * 1000), "message": "ERROR ARC003 the archive is cut off"}]
    logs.put_log_events(logGroupName=GROUP, logStreamName=f"{JOB}/algo-1", logEvents=events)
    sagemaker.looks = [("Executing", [step("model", "Executing")]), ("Failed", [FAILED])]
    done = stepsmith("watch", "one", sagemaker.id, "--region", REGION)
    assert done.status == 1
    snapshot(sagemaker.without_id(done.out))
    snapshot(done.err)


def test_a_program_is_told_by_one_document(sagemaker, stepsmith):
    sagemaker.looks = [("CompletedWithFailures", [step("other", "Succeeded"), FAILED])]
    done = stepsmith("watch", "one", sagemaker.id, "--region", REGION, "--json")
    document = json.loads(done.out)
    assert (done.status, document["status"], document["pipeline"]) == (1, "CompletedWithFailures", "one")
    assert [(one["name"], one["log"]) for one in document["steps"]] == [("other", None), ("model", [])]


def test_ctrl_c_leaves_the_execution_and_says_how_to_come_back(sagemaker, tmp_path, snapshot):
    command = [sys.executable, "-m", "stepsmith", "watch", "one", sagemaker.id, "--region", REGION]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    assert sagemaker.id in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    snapshot(sagemaker.without_id(err))
    assert not sagemaker.stopped


def test_an_execution_is_started_and_waited_for(sagemaker, stepsmith, snapshot):
    sagemaker.looks = [("Succeeded", [step("model", "Succeeded")])]
    done = stepsmith("start", "one", "--wait", "--region", REGION)
    assert done.status == 0
    started = [one["PipelineExecutionArn"].rpartition("/")[2] for one in sagemaker.executions()]
    snapshot(re.sub("|".join(started), "ID", done.out))


def test_what_executes_is_stopped_and_what_failed_is_tried_again(sagemaker, stepsmith, snapshot):
    done = stepsmith("stop", "one", sagemaker.id, "--region", REGION)
    assert (done.status, sagemaker.stopped) == (0, True)
    snapshot(sagemaker.without_id(done.out))
    done = stepsmith("retry", "one", sagemaker.id, "--region", REGION)
    assert (done.status, done.codes) == (1, ["AWS043"])
    snapshot(sagemaker.without_id(done.err))
    sagemaker.looks = [("Failed", []), ("Executing", [])]
    done = stepsmith("retry", "one", sagemaker.id, "--region", REGION)
    assert (done.status, sagemaker.retried) == (0, True)
    snapshot(sagemaker.without_id(done.out))
    done = stepsmith("stop", "two", sagemaker.arn, "--region", REGION)
    assert (done.status, done.codes) == (1, ["AWS030"])
    snapshot(done.err)
