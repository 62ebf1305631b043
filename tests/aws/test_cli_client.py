"""The AWS CLI, a client that nobody here wrote: it describes what we deployed, and we follow what it made."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from conftest import REGION, ROLE, program
from stepsmith.aws import deploy

pytestmark = pytest.mark.aws


@pytest.fixture
def aws(cloud):
    """Calls the AWS CLI; what it answers, as JSON."""

    def call(*arguments):
        command = [str(program("cli", "aws")), *arguments, "--region", REGION, "--output", "json", "--no-cli-pager"]
        command = [one for one in command if one != "--no-cli-pager"]
        environment = {**os.environ, **cloud.environment}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "null")

    return call


def test_it_describes_what_we_deployed_and_lists_what_we_uploaded(cloud, aws, pipeline_of, model_archive):
    compiled = pipeline_of(model_archive())
    deploy(compiled, account=cloud.account())
    described = aws("sagemaker", "describe-pipeline", "--pipeline-name", "one")
    assert json.loads(described["PipelineDefinition"]) == json.loads(compiled.definition)
    assert described["RoleArn"] == ROLE
    listed = aws("s3api", "list-objects-v2", "--bucket", cloud.bucket)
    assert {one["Key"] for one in listed["Contents"]} == set(cloud.objects())


def test_we_follow_what_it_started(cloud, aws, pipeline_of, model_archive, stepsmith):
    """Moto has ended an execution as soon as it began, and lists no steps of it, which is told."""
    deploy(pipeline_of(model_archive()), account=cloud.account())
    started = aws("sagemaker", "start-pipeline-execution", "--pipeline-name", "one")
    identity = started["PipelineExecutionArn"].rpartition("/")[2]
    done = stepsmith("executions", "one", "--region", REGION, "--json", env={**os.environ, "AWS_MAX_ATTEMPTS": "1"})
    (listed,) = json.loads(done.out)
    assert (listed["id"], listed["status"]) == (identity, "Succeeded")


def test_we_deploy_over_what_it_created_and_show_what_that_changes(cloud, aws, pipeline_of, model_archive):
    compiled = pipeline_of(model_archive())
    definition = json.dumps({"Version": "2020-12-01", "Steps": [
        {"Name": "stop", "Type": "Fail", "Arguments": {"ErrorMessage": "made by hand"}}]})  # fmt: skip
    aws(
        "sagemaker",
        "create-pipeline",
        "--pipeline-name",
        "one",
        "--pipeline-definition",
        definition,
        "--role-arn",
        ROLE,
    )
    plan = deploy(compiled, account=cloud.account())
    kinds = {(one.kind, one.name) for one in plan.writing.difference.steps}
    assert kinds == {("added", "model"), ("removed", "stop")}
    assert cloud.pipeline("one")["PipelineDefinition"] == compiled.definition


def test_it_gets_what_we_uploaded_and_we_find_what_it_uploaded(cloud, pipeline_of, big_model, tmp_path):
    model = big_model(12_000_000)
    compiled = pipeline_of(model)
    uri = next(asset.object_uri(item) for asset in compiled.assets for item in asset.objects
               if item.name == "model.tar.gz")  # fmt: skip
    subprocess.run([str(program("cli", "aws")), "s3", "cp", str(model), uri, "--only-show-errors"],
                   env={**os.environ, **cloud.environment}, check=True, timeout=120)  # fmt: skip
    plan = deploy(compiled, account=cloud.account())
    assert uri in {one.uri for one in plan.present}
    got = tmp_path / "got.tar.gz"
    subprocess.run([str(program("cli", "aws")), "s3", "cp", uri, str(got), "--only-show-errors"],
                   env={**os.environ, **cloud.environment}, check=True, timeout=120)  # fmt: skip
    assert got.read_bytes() == model.read_bytes()
