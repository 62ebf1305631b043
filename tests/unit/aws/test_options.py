from __future__ import annotations

import pytest

from stepsmith.aws.client import Identity
from stepsmith.aws.options import DeployOptions, check_account, check_options, check_role
from stepsmith.errors import AwsError, FaultsError

WHO = Identity("123456789012", "arn:aws:iam::123456789012:user/me", "eu-west-1", "aws")


def test_what_the_services_take_is_taken():
    tags = (("team", "risk = co"), ("größe", "1"))
    check_options(DeployOptions("one", "r", tags, kms_key="alias/x", bucket_owner="123456789012"))
    check_options(DeployOptions())


def test_all_that_they_do_not_take_is_told_together():
    options = DeployOptions(name="", tags=(("aws:x", "1"), ("k", "a&b"), ("k" * 129, "")), bucket_owner="abc")
    with pytest.raises(FaultsError) as raised:
        check_options(options)
    assert {finding.code for finding in raised.value.findings} == {"AWS038"}
    assert len(raised.value.findings) == 5


def test_a_role_is_an_arn_of_the_region_s_partition(stubbed):
    check_role(stubbed.account, "arn:aws:iam::123456789012:role/service-role/R")
    for role, told in (
        ("", "no role is named"),
        ("R", "is no ARN of a role"),
        ("arn:aws-cn:iam::1:role/R", "is no ARN"),
    ):
        with pytest.raises(AwsError, match=f"AWS032 .*{told}"):
            check_role(stubbed.account, role)
    with pytest.raises(AwsError, match="AWS032 the role is of partition aws-cn"):
        check_role(stubbed.account, "arn:aws-cn:iam::123456789012:role/R")


def test_a_role_is_of_the_account_that_is_deployed_to():
    check_account("arn:aws:iam::123456789012:role/R", WHO)
    with pytest.raises(AwsError, match="AWS032 the role is of account 210987654321"):
        check_account("arn:aws:iam::210987654321:role/R", WHO)
