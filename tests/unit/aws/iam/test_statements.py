from __future__ import annotations

import pytest

from stepsmith.aws.iam.statements import (
    ArnScope,
    kms_statements,
    log_statements,
    pass_role_statement,
    vpc_statements,
)
from stepsmith.sagemaker.identifiers import ECR_IMAGE

PLACE = ArnScope("aws", "eu-west-1", "123456789012", "arn:aws:iam::123456789012:role/R")


def test_a_place_makes_the_arns_of_what_is_in_it():
    assert PLACE.arn("sagemaker", "pipeline/one") == "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/one"
    assert PLACE.s3("bucket/key*") == "arn:aws:s3:::bucket/key*"


@pytest.mark.parametrize(
    ("keys", "sids"),
    [
        ([], []),
        (["arn:aws:kms:eu-west-1:123456789012:key/x"], ["Use", "UseByGrant"]),
        (["x", "alias/y"], ["Use", "UseByAlias", "UseByGrant"]),
    ],
)
def test_keys_are_allowed_by_their_arn_or_by_their_alias_and_granted_to_the_service_alone(keys, sids):
    found = list(kms_statements("Use", keys, ["kms:Encrypt"], PLACE))
    assert [one["Sid"] for one in found] == sids
    if keys:
        assert found[-1]["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_a_role_is_passed_to_sagemaker_and_to_nobody_else():
    condition = pass_role_statement(["b", "a"])["Condition"]
    assert condition == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    assert pass_role_statement(["b", "a"])["Resource"] == ["a", "b"]


def test_what_runs_no_job_writes_no_log():
    assert list(log_statements(["Condition", "Fail"], PLACE)) == []
    assert [one["Sid"] for one in log_statements(["Training"], PLACE)] == ["WriteLogs", "WriteMetrics"]


def test_a_vpc_is_joined_by_interfaces():
    (found,) = vpc_statements()
    assert "ec2:CreateNetworkInterface" in found["Action"]


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/serve:1", "team/serve"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/serve@sha256:0", "serve"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/serve", "serve"),
        ("serve:1", None),
    ],
)
def test_the_repository_of_an_image_of_ecr(uri, name):
    match = ECR_IMAGE.fullmatch(uri)
    assert (match["name"] if match else None) == name
