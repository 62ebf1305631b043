"""An object of S3 is pinned, and its ranges are written as S3 takes them."""

from __future__ import annotations

import pytest

from stepsmith.aws.s3.splice_parts import CopyPart, ModelRange, S3Model


def test_every_request_names_the_version_and_the_etag_that_are_known():
    both = S3Model("models", "best.tgz", 9, version_id="3", etag='"f00d"')
    assert both.get_arguments == {"Bucket": "models", "Key": "best.tgz", "VersionId": "3", "IfMatch": '"f00d"'}
    source = {"Bucket": "models", "Key": "best.tgz", "VersionId": "3"}
    assert both.copy_arguments == {"CopySource": source, "CopySourceIfMatch": '"f00d"'}
    tagged = S3Model("models", "best.tgz", 9, version_id="null", etag='"f00d"')
    assert tagged.get_arguments == {"Bucket": "models", "Key": "best.tgz", "VersionId": "null", "IfMatch": '"f00d"'}
    assert set(S3Model("models", "best.tgz", 9, version_id="3").copy_arguments) == {"CopySource"}


def test_a_range_of_the_model_is_read_with_its_last_byte_counted_in():
    assert ModelRange(10, 20).http_range == CopyPart(1, 10, 20).copy_source_range == "bytes=10-19"


@pytest.mark.parametrize("version", [None, "", "null"], ids=["no-version", "empty-version", "null-version"])
@pytest.mark.parametrize("etag", [None, ""], ids=["no-etag", "empty-etag"])
def test_an_object_with_neither_version_nor_etag_is_refused(expect_error, version, etag):
    with expect_error("AWS001", "s3://models/best.tgz"):
        S3Model("models", "best.tgz", 9, version, etag)
