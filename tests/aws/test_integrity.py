"""What S3 verifies itself, and what is read back where it does not."""

from __future__ import annotations

import boto3
import pytest
from keys import model_key

from stepsmith.aws import deploy
from stepsmith.aws.s3.objects import NO_CHECKSUMS

pytestmark = pytest.mark.aws


def test_where_s3_has_checksums_of_whole_objects_the_model_s_is_verified_there(
    cloud_on, moto_url, pipeline_of, big_model
):
    cloud = cloud_on(moto_url)
    model = big_model()
    deploy(pipeline_of(model), account=cloud.account())
    head = cloud.s3.head_object(Bucket=cloud.bucket, Key=model_key(model), ChecksumMode="ENABLED")
    assert head["ChecksumType"] == "FULL_OBJECT"
    completed = next(one for one in cloud.s3_proxy.seen if one.operation == "CompleteMultipartUpload")
    assert completed.headers["x-amz-checksum-crc32"] == head["ChecksumCRC32"]
    assert completed.headers["If-None-Match"] == "*"


def test_what_does_not_arrive_as_it_was_sent_is_refused_by_s3(cloud, pipeline_of, model_archive, expect_error):
    """The way changes a byte: the service's own checksum finds it, and the pipeline is not written."""
    forwarded = cloud.s3_proxy.forwarded

    def altered(method, path, headers, body):
        if method == "PUT" and path.partition("?")[0].endswith("model.tar.gz"):
            body = bytes([body[0] ^ 1]) + body[1:]
        return forwarded(method, path, headers, body)

    cloud.s3_proxy.forwarded = altered
    with expect_error("AWS027"):
        deploy(pipeline_of(model_archive()), account=cloud.account())
    assert cloud.pipeline("one") is None


def test_on_an_s3_without_checksums_what_arrived_is_compared_and_that_is_said(
    juicefs, pipeline_of, big_model, snapshot
):
    model = big_model()
    compiled = pipeline_of(model)
    said = []
    deploy(compiled, account=juicefs.account(), say=said.append)
    assert said == [NO_CHECKSUMS]
    snapshot(NO_CHECKSUMS)
    assert juicefs.read(model_key(model)) == model.read_bytes()
    # What it received it says by its MD5, so that nothing need be read back.
    assert "GetObject" not in juicefs.asked()
    assert deploy(compiled, account=juicefs.account()).is_nothing


def test_on_an_s3_without_checksums_what_came_out_otherwise_is_found_and_removed(
    juicefs, pipeline_of, model_archive, expect_error
):
    forwarded = juicefs.s3_proxy.forwarded

    def altered(method, path, headers, body):
        if method == "PUT" and path.partition("?")[0].endswith("model.tar.gz"):
            boto3.client("s3", endpoint_url=juicefs.s3_proxy.upstream, region_name="eu-west-1").put_object(
                Bucket=juicefs.bucket, Key=path.partition("?")[0].split("/", 2)[2], Body=b"altered"
            )
            return 200, [("ETag", '"e"')], b""
        return forwarded(method, path, headers, body)

    juicefs.s3_proxy.forwarded = altered
    with expect_error("AWS022"):
        deploy(pipeline_of(model_archive()), account=juicefs.account())
    assert not [key for key in juicefs.objects() if key.endswith("model.tar.gz")]
    assert juicefs.pipeline("one") is None


def test_where_s3_says_no_md5_either_an_object_is_read_back(juicefs, pipeline_of, model_archive):
    """As one that encrypts what it keeps: the way makes the ETags of what is put others."""
    forwarded = juicefs.s3_proxy.forwarded

    def otherwise(method, path, headers, body):
        status, kept, answer = forwarded(method, path, headers, body)
        return status, [(name, '"told"' if name.lower() == "etag" else value) for name, value in kept], answer

    juicefs.s3_proxy.forwarded = otherwise
    model = model_archive()
    deploy(pipeline_of(model), account=juicefs.account())
    assert juicefs.asked().count("GetObject") == len(juicefs.objects())
    assert juicefs.read(model_key(model)) == model.read_bytes()
