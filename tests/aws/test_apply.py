"""Whatever goes wrong at whatever request of a deploy, the pipeline points to nothing that is not there."""

from __future__ import annotations

import json
import os
import re
import subprocess

import boto3
import pytest
from keys import EXAMPLE_MODEL
from proxy import Fault

from stepsmith.aws import Account, DeployOptions, apply_plan, deploy, plan_deploy

pytestmark = pytest.mark.aws
# The operations of a deploy of a model in parts, with a group.
OPERATIONS = (
    "DescribePipeline", "ListModelPackageGroups", "CreateModelPackageGroup", "CreatePipeline", "ListObjectsV2",
    "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload",
)  # fmt: skip


def missing(cloud, name="one"):
    """The folders that a deployed definition names and that hold nothing."""
    described = cloud.pipeline(name)
    if described is None:
        return []
    text = json.dumps(json.loads(described["PipelineDefinition"]))
    folders = set(re.findall(rf"s3://{cloud.bucket}/([^\"]*/[0-9a-f]{{64}}/)", text))
    assert folders
    return [folder for folder in folders if not any(key.startswith(folder) for key in cloud.objects())]


@pytest.fixture
def compiled(pipeline_of, big_model, cloud):  # noqa: ARG001 - the bucket is made first
    return pipeline_of(big_model(9_000_000), group="risk")


@pytest.fixture
def account(cloud):
    """One account for several deploys: its clients are made once."""
    return cloud.account()


@pytest.mark.parametrize(
    ("status", "code"), [(500, "InternalError"), (503, "SlowDown")], ids=["internal-error", "slow-down"]
)
def test_what_fails_once_at_each_request_is_tried_again(cloud, compiled, account, monkeypatch, status, code):
    # Without what slows down a client that was throttled: it has a test of its own.
    monkeypatch.setenv("AWS_RETRY_MODE", "standard")
    failed = set()

    def rule(asked, _):
        if asked.operation in failed or asked.operation not in OPERATIONS:
            return None
        failed.add(asked.operation)
        return Fault(status, code)

    cloud.fails(rule)
    deploy(compiled, account=account)
    assert failed == set(OPERATIONS)
    cloud.fails(None)
    assert missing(cloud) == []
    assert deploy(compiled, account=account).is_nothing


def test_a_client_that_was_throttled_goes_on(cloud, compiled, account):
    throttled = []

    def rule(asked, _):
        if asked.operation != "CreateMultipartUpload" or throttled:
            return None
        throttled.append(asked)
        return Fault(503, "SlowDown")

    cloud.fails(rule)
    deploy(compiled, account=account)
    assert len(throttled) == 1
    assert missing(cloud) == []


def test_an_answer_that_is_lost_once_at_each_request_is_made_good(cloud, compiled, account):
    """The server has done what it was asked, and the connection is cut: asked again, it has done it already."""
    lost = set()

    def rule(asked, _):
        if asked.operation in lost or asked.operation not in OPERATIONS:
            return None
        lost.add(asked.operation)
        return Fault(cut_answer=True)

    cloud.fails(rule)
    deploy(compiled, account=account)
    assert lost == set(OPERATIONS)
    cloud.fails(None)
    assert missing(cloud) == []
    assert cloud.uploads() == []
    assert deploy(compiled, account=account).is_nothing


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [(403, "AccessDenied", "AWS014"), (400, "ExpiredToken", "AWS013"), (503, "ServiceUnavailable", "AWS017")],
    ids=["denied", "expired", "unavailable"],
)
def test_what_goes_on_failing_is_told_and_the_next_deploy_goes_on_from_there(
    cloud, compiled, account, expect_error, operation, status, answer, code
):
    cloud.fails(lambda asked, _: Fault(status, answer) if asked.operation == operation else None)
    with expect_error(code):
        deploy(compiled, account=account)
    cloud.fails(None)
    assert missing(cloud) == []
    deploy(compiled, account=account)
    assert missing(cloud) == []
    assert cloud.uploads() == []
    assert deploy(compiled, account=account).is_nothing


def test_who_may_not_list_uploads_begins_anew(cloud, compiled, account):
    denied = ("ListMultipartUploads", "ListParts")
    cloud.fails(lambda asked, _: Fault(403, "AccessDenied") if asked.operation in denied else None)
    deploy(compiled, account=account)
    assert missing(cloud) == []


def test_who_may_not_tag_is_told_and_no_pipeline_is_there(cloud, compiled, account, expect_error):
    """An account that may upload and not tag: S3 refuses what comes with tags."""
    cloud.fails(lambda asked, _: Fault(403, "AccessDenied") if "x-amz-tagging" in asked.headers else None)
    with expect_error("AWS014"):
        deploy(compiled, DeployOptions(tags=(("team", "risk"),)), account=account)
    assert cloud.pipeline("one") is None


def test_a_bucket_that_is_not_there_is_told_once(cloud, compiled, account, expect_error):
    cloud.s3.delete_bucket(Bucket=cloud.bucket)
    with expect_error("AWS015"):
        deploy(compiled, account=account)


def test_a_bucket_of_another_region_is_refused(cloud, pipeline_of, model_archive, expect_error):
    other = f"{cloud.bucket}-elsewhere"
    client = boto3.client("s3", endpoint_url=cloud.s3_proxy.upstream, region_name="us-west-2")
    client.create_bucket(Bucket=other, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    cloud.bucket = other
    with expect_error("AWS016"):
        deploy(pipeline_of(model_archive()), account=cloud.account())


def test_another_region_than_the_pipeline_s_is_refused_before_anything_is_asked(cloud, compiled, expect_error):
    cloud.asked()
    with expect_error("AWS031"):
        deploy(compiled, account=Account(region="us-east-1"))
    assert cloud.asked() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a disk that is full")
def test_a_disk_that_is_full_costs_what_is_remembered_and_nothing_else(cloud, tmp_path, stepsmith):
    """The store beside the pipeline cannot be written: digests are not kept, and the deploy is as it would be."""
    place = tmp_path / "full"
    place.mkdir()
    (tmp_path / "pipeline.yaml").write_text(
        f"name: one\nregion: eu-west-1\nrole: arn:aws:iam::123456789012:role/R\npipeline_s3_loc: s3://{cloud.bucket}/one\n"
        f"steps:\n  model: {{type: DummyTraining, pretrained_model_path: {EXAMPLE_MODEL}}}\n"
    )
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], check=True)
    try:
        (place / "filler").write_bytes(b"\0" * (64 << 10))
        done = stepsmith("deploy", "pipeline.yaml", "--yes", "--store", place / ".stepsmith")
        assert done.status == 0, done.err
        assert cloud.pipeline("one")
        assert not (place / ".stepsmith" / "stepsmith.db").exists()
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_all_that_is_wrong_with_what_is_asked_is_told_together(cloud, compiled, account, expect_error):
    cloud.fails(
        lambda asked, _: (
            Fault(403, "AccessDenied")
            if asked.operation in ("DescribePipeline", "ListModelPackageGroups", "ListObjectsV2")
            else None
        )
    )
    with expect_error([("AWS014",)] * 3):
        deploy(compiled, account=account)


def test_a_pipeline_that_was_changed_or_deleted_is_not_said_to_be_deployed(cloud, compiled, account, expect_error):
    """Only objects were to be uploaded, so that nothing would have written the pipeline."""
    deploy(compiled, account=account)
    for key in cloud.objects():
        cloud.s3.delete_object(Bucket=cloud.bucket, Key=key)
    plan = plan_deploy(account, compiled)
    assert plan.writing is None
    cloud.sagemaker.update_pipeline(PipelineName="one", RoleArn="arn:aws:iam::123456789012:role/Theirs")
    with expect_error("AWS036"):
        apply_plan(account, plan)
    cloud.sagemaker.delete_pipeline(PipelineName="one")
    with expect_error("AWS036"):
        apply_plan(account, plan)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        pytest.param({"tags": (("aws:x", "1"),)}, "AWS038", id="tag-of-aws"),
        pytest.param({"tags": (("k", "a&b"),)}, "AWS038", id="tag-with-another-character"),
        pytest.param({"tags": tuple((str(number), "x") for number in range(11))}, "AWS038", id="11-tags"),
        pytest.param({"bucket_owner": "abc"}, "AWS038", id="bucket-owner"),
        pytest.param({"kms_key": ""}, "AWS038", id="empty-key"),
        pytest.param({"role": "arn:aws:iam::999999999999:role/x"}, "AWS032", id="role-of-another-account"),
    ],
)
def test_options_that_no_service_takes_are_told_before_anything_is_sent(
    cloud, compiled, account, expect_error, options, code
):
    with expect_error(code):
        deploy(compiled, DeployOptions(**options), account=account)
    assert cloud.objects() == {}
