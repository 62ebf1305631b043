from __future__ import annotations

from datetime import datetime, timezone

import pytest

from stepsmith.aws.s3.objects import Objects, S3Options, bucket_and_key_of
from stepsmith.aws.s3.splice_parts import S3Model

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def contents(*names):
    return {"Contents": [{"Key": name, "Size": len(name), "LastModified": NOW} for name in names]}


def test_what_is_asked_of_every_request_and_of_those_that_make_an_object():
    options = S3Options("key", (("a", "b"),), "123456789012", requester_pays=True)
    every = {"ExpectedBucketOwner": "123456789012", "RequestPayer": "requester"}
    assert options.common_args == every
    making = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "key", "Tagging": "a=b"}
    assert options.write_args == {**making, **every}
    assert S3Options().write_args == {}


def test_sizes_are_listed_page_by_page_and_the_region_asked_once(stubbed):
    stubbed.answers("s3", "get_bucket_location", {"LocationConstraint": "eu-west-1"}, {"Bucket": "bucket"})
    stubbed.answers("s3", "list_objects_v2", {**contents("f/a"), "IsTruncated": True, "NextContinuationToken": "t"})
    expected = {"Bucket": "bucket", "Prefix": "f/", "ContinuationToken": "t"}
    stubbed.answers("s3", "list_objects_v2", contents("f/bc"), expected)
    stubbed.answers("s3", "list_objects_v2", {})
    objects = Objects(stubbed.account)
    assert objects.sizes_below("s3://bucket/f/") == {"s3://bucket/f/a": 3, "s3://bucket/f/bc": 4}
    assert objects.sizes_below("s3://bucket/g/") == {}


@pytest.mark.parametrize("answered", ["us-west-2", None])
def test_a_bucket_of_another_region_is_refused(stubbed, expect_error, answered):
    stubbed.answers("s3", "get_bucket_location", {"LocationConstraint": answered} if answered else {})
    with expect_error("AWS016"):
        Objects(stubbed.account).sizes_below("s3://bucket/f/")


def test_an_old_name_of_the_region_is_the_region(stubbed):
    stubbed.answers("s3", "get_bucket_location", {"LocationConstraint": "EU"})
    stubbed.answers("s3", "list_objects_v2", {})
    assert Objects(stubbed.account).sizes_below("s3://bucket/f/") == {}


def test_who_may_not_ask_for_the_region_is_not_held_up(stubbed):
    stubbed.refuses("s3", "get_bucket_location", "AccessDenied", 403)
    stubbed.answers("s3", "list_objects_v2", {})
    assert Objects(stubbed.account).sizes_below("s3://bucket/f/") == {}


def test_an_object_is_pinned_as_it_is_found(stubbed):
    stubbed.answers("s3", "head_object", {"ContentLength": 5, "ETag": '"e"', "VersionId": "v"})
    assert Objects(stubbed.account).find_object("s3://bucket/k") == S3Model("bucket", "k", 5, "v", '"e"')


def test_an_object_that_is_not_there_is_none_and_one_that_may_not_be_seen_is_told(stubbed, expect_error):
    stubbed.refuses("s3", "head_object", "404", 404)
    stubbed.refuses("s3", "head_object", "403", 403)
    objects = Objects(stubbed.account)
    assert objects.find_object("s3://bucket/k") is None
    with expect_error("AWS014"):
        objects.find_object("s3://bucket/k")


def test_what_is_lacking_is_said_once(stubbed):
    said = []
    objects = Objects(stubbed.account, say=said.append)
    for _ in range(2):
        objects.warn_unsupported("this")
    objects.warn_unsupported("that")
    assert said == ["this", "that"]


def test_what_is_no_uri_is_told(expect_error):
    with expect_error("AWS020"):
        bucket_and_key_of("x")


def test_an_object_is_there_when_the_first_of_its_beginning_is_itself(stubbed):
    stubbed.answers("s3", "get_bucket_location", {"LocationConstraint": "eu-west-1"}, {"Bucket": "bucket"})
    asked = {"Bucket": "bucket", "Prefix": "m.tgz", "MaxKeys": 1}
    for names, is_there in ((("m.tgz",), True), (("m.tgz.bak",), False), ((), False)):
        stubbed.answers("s3", "list_objects_v2", contents(*names) if names else {}, asked)
        assert objects_of(stubbed).object_exists("s3://bucket/m.tgz") is is_there
        stubbed.answers("s3", "get_bucket_location", {"LocationConstraint": "eu-west-1"}, {"Bucket": "bucket"})
    stubbed.answers("s3", "list_objects_v2", {})
    assert objects_of(stubbed).first_from("s3://bucket/m.tgz") is None


def objects_of(stubbed):
    """Of a bucket that may be another owner's: none is named in what is asked of it."""
    return Objects(stubbed.account, S3Options(bucket_owner="123456789012"))
