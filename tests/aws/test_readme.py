"""The README's section "On SageMaker", and the page docs/deploy.md, done word by word."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.aws
ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SECTION = re.search(r"## On SageMaker\n.*?(?=\n## )", README, re.DOTALL)[0]
PAGE = (ROOT / "docs" / "deploy.md").read_text()


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def answer_steps(cloud):
    """What moto has no answer to: an execution's steps, of which there are none."""
    forwarded = cloud.sagemaker_proxy.forwarded

    def answered(method, path, headers, body):
        if headers.get("X-Amz-Target", "").endswith(".ListPipelineExecutionSteps"):
            return 200, [], b'{"PipelineExecutionSteps": []}'
        return forwarded(method, path, headers, body)

    cloud.sagemaker_proxy.forwarded = answered


def shell(lines, folder, cloud, answer=""):
    path = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euc", "\n".join(lines)],
        cwd=folder,
        env={**os.environ, **cloud.environment, "PATH": path},
        input=answer,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def own_model(cloud, tmp_path, model_archive):
    """What the README asks a reader to have: the files, and a bucket of the name that is in pipeline.yaml."""
    model_archive("models/my model.tgz")
    (tmp_path / "inference").mkdir()
    (tmp_path / "inference" / "inference.py").write_text("def model_fn(model_dir): ...\n")
    (tmp_path / "samples.csv").write_text("age,income\n31,42000\n")
    (tmp_path / "pipeline.yaml").write_text(blocks(README, "yaml")[0] + blocks(SECTION, "yaml")[0])
    cloud.s3.create_bucket(Bucket="my-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return tmp_path


def test_the_section_on_sagemaker_is_followed_word_by_word(cloud, own_model, snapshot):
    lines = [line.removeprefix("$ ") for block in blocks(SECTION, "console") for line in block.splitlines()]
    assert [line.split()[1] for line in lines] == [
        "policy", "deploy", "deploy", "start", "watch", "executions", "models"
    ]  # fmt: skip
    answer_steps(cloud)
    done = shell(lines, own_model, cloud, "y\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(json.loads((own_model / "policies.json").read_text())) == {"deploy", "execution", "trust"}
    assert cloud.pipeline("credit-risk")
    (execution,) = cloud.sagemaker.list_pipeline_executions(PipelineName="credit-risk")["PipelineExecutionSummaries"]
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    identity = execution["PipelineExecutionArn"].rpartition("/")[2]
    assert identity in done.stdout
    snapshot(done.stdout.replace(identity, "ID"))
    snapshot(done.stderr)
    # What the README shows is what is seen, but for whose account it is, and the digests.
    for line in blocks(SECTION, "text")[0].splitlines():
        begin = re.split(r"[0-9a-f]{8}…|…|, as |y/N|, \d|\d+ objects", line)[0].rstrip()
        assert begin in done.stdout + done.stderr, line


def test_a_policy_is_printed_as_the_page_says(cloud, own_model):
    done = shell([line.removeprefix("$ ") for line in blocks(PAGE, "console")[0].splitlines()], own_model, cloud)
    assert done.returncode == 0, done.stderr
    assert json.loads((own_model / "policy.json").read_text())["Version"] == "2012-10-17"


def test_the_python_of_the_page_deploys_and_starts(cloud, own_model):
    (own_model / "deploy.py").write_text(blocks(PAGE, "python")[0])
    done = shell(["python deploy.py"], own_model, cloud)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("False ['UploadObject', ")
    assert cloud.sagemaker.list_pipeline_executions(PipelineName="credit-risk")["PipelineExecutionSummaries"]
