"""Objects on their way to S3: parts, checksums, what is gone on with, two at once, and what an S3 may lack."""

from __future__ import annotations

import resource
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from keys import digest_of, model_key

from stepsmith.aws import DeployOptions, apply_plan, deploy, plan_deploy
from stepsmith.aws.deployment.progress import Silent
from stepsmith.aws.s3.multipart_upload import upload_in_parts
from stepsmith.aws.s3.objects import Objects
from stepsmith.aws.s3.parts import ExpectedObject
from stepsmith.aws.s3.transfer import sent_parts
from stepsmith.definition.assets import AssetObject, FileSource

pytestmark = pytest.mark.aws


def test_a_large_model_is_sent_in_parts_and_arrives_whole(cloud, pipeline_of, big_model):
    model = big_model()
    said = []
    deploy(pipeline_of(model), account=cloud.account(), say=said.append)
    assert cloud.read(model_key(model)) == model.read_bytes()
    assert cloud.uploads() == []
    assert cloud.asked().count("UploadPart") == 3
    assert said == []


def test_two_who_deploy_at_once_both_end_well(cloud, pipeline_of, big_model):
    compiled = pipeline_of(big_model())
    errors = []

    def one():
        try:
            deploy(compiled, account=cloud.account(session=None))
        except Exception as error:  # noqa: BLE001 - each is looked at below
            errors.append(error)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert cloud.uploads() == []
    assert deploy(compiled, account=cloud.account()).is_nothing


def test_an_object_that_another_made_meanwhile_is_not_written_over(cloud, pipeline_of, model_archive):
    compiled = pipeline_of(model_archive())
    plan = plan_deploy(cloud.account(), compiled)
    deploy(compiled, account=cloud.account())
    before = {one["Key"]: one["LastModified"] for one in cloud.s3.list_objects_v2(Bucket=cloud.bucket)["Contents"]}
    apply_plan(cloud.account(), plan)
    after = {one["Key"]: one["LastModified"] for one in cloud.s3.list_objects_v2(Bucket=cloud.bucket)["Contents"]}
    assert after == before


def test_a_kms_key_and_who_pays_go_with_the_requests(cloud, pipeline_of, big_model):
    options = DeployOptions(kms_key="alias/models", bucket_owner="000000000000", requester_pays=True)
    model = big_model()
    deploy(pipeline_of(model), options, account=cloud.account())
    head = cloud.s3.head_object(Bucket=cloud.bucket, Key=model_key(model))
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "alias/models")
    for asked in cloud.s3_proxy.seen:
        # What is read may be another's.
        is_read = asked.operation in ("HeadObject", "GetObject")
        assert is_read or asked.headers["x-amz-expected-bucket-owner"] == "000000000000"
        # Whoever asks where a bucket is pays nothing.
        assert asked.operation == "GetBucketLocation" or asked.headers["x-amz-request-payer"] == "requester"


@pytest.mark.parametrize("server", ["ministack", "juicefs"])
def test_parts_that_are_too_large_to_be_held_are_sent_out_of_their_file(cloud_on, big_model, request, server):
    """As those of a model of terabytes are; here by parts of 25 MiB."""
    cloud = cloud_on(request.getfixturevalue(f"{server}_url"))
    model = big_model(53_000_000)
    item = AssetObject("model.tar.gz", digest_of(model), model.stat().st_size, FileSource(model))
    objects, whole = Objects(cloud.account()), ExpectedObject(item.size_bytes, item.digest)
    parts = list(sent_parts(item, whole, 25 << 20))
    assert [part.held_bytes for part in parts] == [0, 0, 0]
    with ThreadPoolExecutor(2) as pool:
        upload_in_parts(objects, f"s3://{cloud.bucket}/model.tar.gz", lambda: parts, whole, pool, Silent())
    assert cloud.read("model.tar.gz") == model.read_bytes()


def test_a_slice_of_a_file_that_changes_after_it_was_read_is_refused_by_its_checksum(cloud, big_model, expect_error):
    model = big_model(53_000_000)
    item = AssetObject("model.tar.gz", digest_of(model), model.stat().st_size, FileSource(model))
    whole = ExpectedObject(item.size_bytes, item.digest)
    parts = list(sent_parts(item, whole, 25 << 20))
    with model.open("r+b") as file:
        file.seek(30 << 20)
        file.write(b"changed")
    with ThreadPoolExecutor(2) as pool, expect_error("AWS027"):
        upload_in_parts(Objects(cloud.account()), f"s3://{cloud.bucket}/m", lambda: parts, whole, pool, Silent())
    assert cloud.objects() == {}


def test_what_another_put_there_meanwhile_is_taken_if_it_is_the_same_and_refused_if_not(
    cloud, pipeline_of, model_archive, expect_error
):
    model = model_archive()
    plan = plan_deploy(cloud.account(), pipeline_of(model))
    checksum = {"ChecksumAlgorithm": "SHA256"}
    other = b"x" * model.stat().st_size
    cloud.s3.put_object(Bucket=cloud.bucket, Key=model_key(model), Body=other, **checksum)
    with expect_error("AWS021"):
        apply_plan(cloud.account(), plan)
    assert cloud.pipeline("one") is None
    cloud.s3.put_object(Bucket=cloud.bucket, Key=model_key(model), Body=model.read_bytes(), **checksum)
    apply_plan(cloud.account(), plan)
    assert cloud.pipeline("one")


def test_a_file_that_grew_is_refused_as_soon_as_it_is_seen_to_be_longer(
    cloud, pipeline_of, model_archive, expect_error
):
    model = model_archive()
    plan = plan_deploy(cloud.account(), pipeline_of(model))
    with model.open("r+b") as file:
        file.truncate(3 << 30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with expect_error("ARC016", str(model)):
        apply_plan(cloud.account(), plan)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
