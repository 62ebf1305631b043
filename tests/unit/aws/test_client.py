from __future__ import annotations

import boto3
import pytest

from stepsmith.aws.client import Account, Identity, is_of_aws, partition_of


@pytest.fixture(autouse=True)
def _nobody(monkeypatch, tmp_path):
    """No region, no profile and no credentials, whoever runs this."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_a_profile_that_is_not_there_is_told(expect_error):
    with expect_error("AWS012"):
        Account(profile="nobody")


def test_without_a_region_it_is_told_how_to_name_one(expect_error):
    with expect_error("AWS011"):
        _ = Account().region


def test_without_credentials_it_is_told_how_to_have_them(expect_error):
    with expect_error("AWS010"):
        _ = Account(region="eu-west-1").identity


def test_the_region_that_is_named_goes_before_the_configured_one(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert Account().region == "us-east-1"
    assert Account(region="eu-west-1").region == "eu-west-1"


def test_who_asks_is_told_in_one_line(stubbed, snapshot):
    answer = {"Account": "123456789012", "Arn": "arn:aws:sts::123456789012:assumed-role/R/me", "UserId": "x"}
    stubbed.answers("sts", "get_caller_identity", answer)
    assert stubbed.account.identity == Identity(answer["Account"], answer["Arn"], "eu-west-1", "aws")
    snapshot(stubbed.account.identity)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-northwest-1", "aws-cn"),
        ("us-gov-east-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("mars-1", "aws"),
    ],
)
def test_the_partition_of_a_region(region, partition):
    assert partition_of(region) == partition


@pytest.mark.parametrize(
    ("url", "is_theirs"),
    [
        (None, True),
        ("https://s3.cn-north-1.amazonaws.com.cn", True),
        ("https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com", True),
        ("http://127.0.0.1:9000", False),
        ("https://amazonaws.com.example.org", False),
    ],
)
def test_whose_endpoint_a_client_speaks_to(url, is_theirs):
    none = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    client = boto3.client("s3", region_name="eu-west-1", endpoint_url=url, **none)
    assert is_of_aws(client) is is_theirs


def test_how_often_is_tried_is_left_to_the_user(monkeypatch):
    assert Account(region="eu-west-1").client("sts").meta.config.retries == {
        "total_max_attempts": 8,
        "mode": "adaptive",
    }
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    monkeypatch.setenv("AWS_RETRY_MODE", "standard")
    assert Account(region="eu-west-1").client("sts").meta.config.retries == {
        "total_max_attempts": 2,
        "mode": "standard",
    }


def test_an_endpoint_is_where_the_environment_says(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    assert Account(region="eu-west-1").client("sts").meta.endpoint_url == "http://127.0.0.1:1"
