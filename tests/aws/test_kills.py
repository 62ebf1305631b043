"""A deploy that is killed at any request, before the server has it or after, leaves nothing that points to nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import Future

import pytest
from proxy import Fault

from stepsmith.aws import deploy

pytestmark = pytest.mark.aws
PIPELINE = """\
name: one
region: eu-west-1
role: arn:aws:iam::123456789012:role/SageMakerPipelines
pipeline_s3_loc: s3://{bucket}/one
steps:
  model: {{type: DummyTraining, pretrained_model_path: model.tar.gz}}
"""
# For each line it deploys in a process of its own, and says its id and how it ended. It is forked, as all that a deploy
# imports is imported by then.
FORKING = """
import os, sys
import stepsmith.aws, stepsmith.cli.commands.deploy
from stepsmith.cli.main import main

for _ in sys.stdin:
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        main(["deploy", "pipeline.yaml", "--yes"])
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""
# Of the many small objects these are enough, by the number of the request among those of its operation.
MOST_OF_ONE_KIND = 3


@pytest.fixture
def forking(cloud, tmp_path):
    """A process that deploys the pipeline in processes of their own."""
    (tmp_path / "pipeline.yaml").write_text(PIPELINE.format(bucket=cloud.bucket))
    command = [sys.executable, "-c", FORKING]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


def killed_at(cloud, forking, wanted, when):
    """Deploys in a process that is killed at one request; whether it came to that."""
    seen, pid, hit = {}, Future(), []

    def rule(asked, _):
        seen[asked.operation] = seen.get(asked.operation, 0) + 1
        if (asked.operation, seen[asked.operation]) != wanted or hit:
            return None
        hit.append(asked)
        return Fault(**{when: lambda: os.kill(pid.result(), signal.SIGKILL)}, cut_answer=True)

    cloud.fails(rule)
    print(file=forking.stdin, flush=True)
    pid.set_result(int(forking.stdout.readline()))
    status = os.waitstatus_to_exitcode(int(forking.stdout.readline()))
    cloud.fails(None)
    return bool(hit) and status == -signal.SIGKILL


def missing(cloud):
    described = cloud.pipeline("one")
    if described is None:
        return []
    text = json.dumps(json.loads(described["PipelineDefinition"]))
    folders = re.findall(rf"s3://{cloud.bucket}/([^\"]*/[0-9a-f]{{64}}/)", text)
    assert folders
    return [folder for folder in folders if not any(key.startswith(folder) for key in cloud.objects())]


def requests_of(cloud, compiled):
    """The requests of a deploy of all anew, each by its operation and its number."""
    cloud.asked()
    deploy(compiled, account=cloud.account())
    counted, found = {}, []
    for operation in cloud.asked():
        counted[operation] = counted.get(operation, 0) + 1
        if counted[operation] <= MOST_OF_ONE_KIND:
            found.append((operation, counted[operation]))
    return found


def empty(cloud):
    for upload in cloud.uploads():
        cloud.s3.abort_multipart_upload(Bucket=cloud.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    for key in cloud.objects():
        cloud.s3.delete_object(Bucket=cloud.bucket, Key=key)
    if cloud.pipeline("one"):
        cloud.sagemaker.delete_pipeline(PipelineName="one")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_deploy_that_is_killed_at_each_request_is_gone_on_with_by_the_next(
    cloud, forking, pipeline_of, big_model, when
):
    compiled = pipeline_of(big_model(9_000_000))
    requests = requests_of(cloud, compiled)
    account = cloud.account()
    assert {"CreatePipeline", "CompleteMultipartUpload", "UploadPart", "PutObject"} <= {one for one, _ in requests}
    for request in requests:
        empty(cloud)
        assert killed_at(cloud, forking, request, when), request
        assert missing(cloud) == [], request
        deploy(compiled, account=account)
        assert missing(cloud) == [], request
        assert deploy(compiled, account=account).is_nothing, request
