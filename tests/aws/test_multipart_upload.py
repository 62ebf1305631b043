"""Objects in parts: what is gone on with, what is sent again, and connections that are cut."""

from __future__ import annotations

import urllib.parse

import pytest
from keys import model_key
from proxy import Fault

from stepsmith.aws import DeployOptions, apply_plan, deploy, plan_deploy

pytestmark = pytest.mark.aws


def test_what_was_sent_before_a_deploy_was_broken_off_is_not_sent_again(cloud, pipeline_of, big_model, expect_error):
    """By parts: with the third refused two are there; the next deploy sends the third alone."""
    model = big_model()
    cloud.fails(lambda asked, _: Fault(403, "AccessDenied") if "partNumber=3" in asked.path else None)
    with expect_error("AWS014"):
        deploy(pipeline_of(model), account=cloud.account())
    assert len(cloud.uploads()) == 1
    assert model_key(model) not in cloud.objects()
    assert cloud.pipeline("one") is None
    cloud.fails(None)
    deploy(pipeline_of(model), account=cloud.account())
    sent = [urllib.parse.parse_qs(one.path.partition("?")[2])["partNumber"]
            for one in cloud.s3_proxy.seen if one.operation == "UploadPart"]  # fmt: skip
    assert sent == [["3"]]
    assert cloud.read(model_key(model)) == model.read_bytes()
    assert cloud.uploads() == []


def test_a_part_that_is_there_with_other_bytes_is_sent_again(cloud, pipeline_of, big_model):
    model = big_model()
    begun = cloud.s3.create_multipart_upload(Bucket=cloud.bucket, Key=model_key(model), ChecksumAlgorithm="CRC32")
    part = {"Bucket": cloud.bucket, "Key": model_key(model), "UploadId": begun["UploadId"], "PartNumber": 1}
    cloud.s3.upload_part(**part, Body=b"\0" * (8 << 20), ChecksumAlgorithm="CRC32")
    deploy(pipeline_of(model), account=cloud.account())
    assert cloud.read(model_key(model)) == model.read_bytes()
    assert cloud.asked().count("UploadPart") == 3


def test_a_connection_that_is_cut_in_the_middle_of_a_part_is_taken_up_again(cloud, pipeline_of, big_model):
    model, cut = big_model(), []

    def rule(asked, _):
        if "partNumber=2" in asked.path and not cut:
            cut.append(asked)
            return Fault(cut_after=1 << 20)
        return None

    cloud.fails(rule)
    deploy(pipeline_of(model), account=cloud.account())
    assert len(cut) == 1
    assert cloud.read(model_key(model)) == model.read_bytes()


def test_on_an_s3_without_checksums_parts_that_are_there_are_told_by_their_etags(
    juicefs, pipeline_of, big_model, expect_error
):
    model = big_model()
    compiled = pipeline_of(model)
    juicefs.fails(lambda asked, _: Fault(403, "AccessDenied") if "partNumber=3" in asked.path else None)
    with expect_error("AWS014"):
        deploy(compiled, account=juicefs.account())
    juicefs.fails(None)
    deploy(compiled, account=juicefs.account())
    assert juicefs.asked().count("UploadPart") == 1
    assert juicefs.read(model_key(model)) == model.read_bytes()


def test_with_a_key_an_upload_that_was_begun_without_it_is_not_gone_on_with(
    cloud, pipeline_of, big_model, expect_error
):
    model = big_model()
    cloud.fails(lambda asked, _: Fault(403, "AccessDenied") if "partNumber=3" in asked.path else None)
    with expect_error("AWS014"):
        deploy(pipeline_of(model), account=cloud.account())
    cloud.fails(None)
    deploy(pipeline_of(model), DeployOptions(kms_key="alias/models"), account=cloud.account())
    head = cloud.s3.head_object(Bucket=cloud.bucket, Key=model_key(model))
    assert head["SSEKMSKeyId"] == "alias/models"
    assert cloud.uploads() == []


def test_an_upload_that_somebody_ends_meanwhile_is_begun_anew(cloud, pipeline_of, big_model):
    model, ended = big_model(), []

    def rule(asked, _):
        if "partNumber=2" not in asked.path or ended:
            return None
        ended.append(asked)
        return Fault(before=lambda: [
            cloud.s3.abort_multipart_upload(Bucket=cloud.bucket, Key=one["Key"], UploadId=one["UploadId"])
            for one in cloud.uploads()
        ])  # fmt: skip

    cloud.fails(rule)
    deploy(pipeline_of(model), account=cloud.account())
    assert len(ended) == 1
    assert cloud.read(model_key(model)) == model.read_bytes()


def test_whose_own_file_changed_does_not_end_the_upload_of_another(cloud, pipeline_of, big_model, expect_error):
    """The upload was begun by another deploy, which may be going on with it."""
    model = big_model()
    plan = plan_deploy(cloud.account(), pipeline_of(model))
    begun = cloud.s3.create_multipart_upload(Bucket=cloud.bucket, Key=model_key(model), ChecksumAlgorithm="CRC32")
    with model.open("r+b") as file:
        file.seek(100)
        file.write(b"changed")
    with expect_error("ARC016", str(model)):
        apply_plan(cloud.account(), plan)
    assert [one["UploadId"] for one in cloud.uploads()] == [begun["UploadId"]]


def test_an_upload_of_another_checksum_is_not_gone_on_with(cloud, pipeline_of, big_model):
    model = big_model()
    cloud.s3.create_multipart_upload(Bucket=cloud.bucket, Key=model_key(model), ChecksumAlgorithm="SHA256")
    deploy(pipeline_of(model), account=cloud.account())
    assert cloud.read(model_key(model)) == model.read_bytes()
    assert cloud.uploads() == []
