"""A deploy that is killed at any request, before the server has it or after, leaves nothing that points to nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

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
# Of the many small objects these are enough, by the number of the request among those of its operation.
MOST_OF_ONE_KIND = 3


def killed_at(cloud, folder, wanted, when):
    """Deploys in a process that is killed at one request; whether it came to that."""
    seen, process = {}, None
    hit = []

    def rule(asked, _):
        seen[asked.operation] = seen.get(asked.operation, 0) + 1
        if (asked.operation, seen[asked.operation]) != wanted or hit:
            return None
        hit.append(asked)
        return Fault(**{when: lambda: os.kill(process.pid, signal.SIGKILL)}, cut_answer=True)

    cloud.fails(rule)
    command = [sys.executable, "-m", "stepsmith", "deploy", "pipeline.yaml", "--yes"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    status = process.wait(60)
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
    cloud, pipeline_of, big_model, tmp_path, when
):
    compiled = pipeline_of(big_model(12_000_000))
    (tmp_path / "pipeline.yaml").write_text(PIPELINE.format(bucket=cloud.bucket))
    requests = requests_of(cloud, compiled)
    account = cloud.account()
    assert {"CreatePipeline", "CompleteMultipartUpload", "UploadPart", "PutObject"} <= {one for one, _ in requests}
    for request in requests:
        empty(cloud)
        assert killed_at(cloud, tmp_path, request, when), request
        assert missing(cloud) == [], request
        deploy(compiled, account=account)
        assert missing(cloud) == [], request
        assert deploy(compiled, account=account).is_nothing, request
