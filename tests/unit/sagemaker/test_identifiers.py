from __future__ import annotations

import pytest

from stepsmith.sagemaker.identifiers import GROUP_NAME, bucket_and_key


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://my-bucket/a/b.tar.gz", ("my-bucket", "a/b.tar.gz")),
        ("s3://my-bucket/", ("my-bucket", "")),
        ("s3://my-bucket", ("my-bucket", "")),
        ("s3://a.b-3/\n", ("a.b-3", "\n")),
        ("s3://ab/key", None),
        ("s3://" + "a" * 64 + "/key", None),
        ("s3://Bucket/key", None),
        ("s3://-bucket/key", None),
        ("S3://bucket/key", None),
        ("s3:/bucket/key", None),
        ("https://bucket/key", None),
        ("", None),
    ],
)
def test_a_bucket_and_a_key_are_told_apart_where_there_are_such(uri, expected):
    assert bucket_and_key(uri) == expected


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("penguins", True),
        ("a--b", True),
        ("a" * 63, True),
        ("a" * 64, False),
        ("a_b", False),
        ("-a", False),
        ("", False),
    ],
)
def test_a_group_has_a_name_that_the_service_takes(name, taken):
    assert bool(GROUP_NAME.fullmatch(name)) is taken
