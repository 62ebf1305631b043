from __future__ import annotations

import os
from types import SimpleNamespace

import boto3
import pytest
from botocore.stub import ANY, Stubber

from stepsmith.definition.assets import Asset, AssetObject, FileSource, RemoteSource, object_of_bytes, object_of_source
from stepsmith.sdk import upload_assets

PLACE = {"Bucket": "my-bucket", "Key": "code/abc/script.py"}
CODE = Asset("s3://my-bucket/code/abc/", "abc", (object_of_bytes("script.py", b"print()"),))


@pytest.fixture
def s3():
    """A client of which every answer is told beforehand, and nothing else is asked."""
    none = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    client = boto3.client("s3", region_name="eu-west-1", **none)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def session(s3):
    return SimpleNamespace(s3_client=s3.client)


def test_a_file_that_is_not_there_is_uploaded(s3):
    s3.add_client_error("head_object", "404", http_status_code=404, expected_params=PLACE)
    s3.add_response("put_object", {}, {**PLACE, "Body": ANY, "ChecksumAlgorithm": ANY})
    assert upload_assets([CODE], session(s3)) == ["s3://my-bucket/code/abc/script.py"]


def test_a_file_that_is_there_is_not_uploaded(s3):
    s3.add_response("head_object", {"ContentLength": len(b"print()")}, PLACE)
    assert upload_assets([CODE], session(s3)) == []


def test_who_may_not_see_whether_a_file_is_there_uploads_it(s3):
    s3.add_client_error("head_object", "403", http_status_code=403, expected_params=PLACE)
    s3.add_response("put_object", {}, {**PLACE, "Body": ANY, "ChecksumAlgorithm": ANY})
    assert upload_assets([CODE], session(s3)) == ["s3://my-bucket/code/abc/script.py"]


def test_a_model_that_is_on_s3_is_copied_there(s3):
    item = AssetObject("script.py", "0" * 64, None, RemoteSource("s3://theirs/best.tgz"))
    s3.add_client_error("head_object", "404", http_status_code=404, expected_params=PLACE)
    theirs = {"Bucket": "theirs", "Key": "best.tgz"}
    s3.add_response("head_object", {"ContentLength": 5, "ETag": '"e"'}, theirs)
    s3.add_response("copy_object", {}, {**PLACE, "CopySource": theirs})
    asset = Asset("s3://my-bucket/code/abc/", "abc", (item,))
    assert upload_assets([asset], session(s3)) == ["s3://my-bucket/code/abc/script.py"]


@pytest.mark.parametrize(("method", "status"), [("put_object", 403), ("head_object", 400)])
def test_a_refusal_is_told_with_the_place(s3, expect_error, method, status):
    if method == "put_object":
        s3.add_client_error("head_object", "403", http_status_code=403)
    s3.add_client_error(method, str(status), http_status_code=status)
    with expect_error("SDK004"):
        upload_assets([CODE], session(s3))


def test_a_session_without_credentials_is_told(monkeypatch, expect_error):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = boto3.Session().client("s3", region_name="eu-west-1")
    with expect_error("SDK004"):
        upload_assets([CODE], SimpleNamespace(s3_client=client))


def test_a_client_is_made_where_the_session_has_none(s3):
    s3.add_response("head_object", {"ContentLength": 7}, PLACE)
    asked = []

    def client(service, region_name):
        asked.append((service, region_name))
        return s3.client

    boto = SimpleNamespace(client=client)
    upload_assets([CODE], SimpleNamespace(s3_client=None, boto_session=boto, boto_region_name="eu-west-1"))
    assert asked == [("s3", "eu-west-1")]


def test_a_file_that_changed_since_is_not_uploaded(s3, tmp_path, expect_error):
    file = tmp_path / "script.py"
    file.write_bytes(b"print(1)")
    item: AssetObject = object_of_source("script.py", FileSource(file))
    file.write_bytes(b"print(2)")
    s3.add_client_error("head_object", "404", http_status_code=404)
    with expect_error("ARC016", str(file)):
        upload_assets([Asset("s3://my-bucket/code/abc/", "abc", (item,))], session(s3))
