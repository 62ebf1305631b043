from __future__ import annotations

from stepsmith.aws.client import Identity
from stepsmith.aws.deployment.options import DeployOptions, check_account, check_options, check_role

WHO = Identity("123456789012", "arn:aws:iam::123456789012:user/me", "eu-west-1", "aws")


def test_what_the_services_take_is_taken():
    tags = (("team", "risk = co"), ("größe", "1"))
    check_options(DeployOptions("one", "r", tags, kms_key="alias/x", bucket_owner="123456789012"))
    check_options(DeployOptions())


def test_all_that_they_do_not_take_is_told_together(expect_error):
    options = DeployOptions(name="", tags=(("aws:x", "1"), ("k", "a&b"), ("k" * 129, "")), bucket_owner="abc")
    with expect_error([("AWS038",)] * 5):
        check_options(options)


def test_a_role_is_an_arn_of_the_region_s_partition(stubbed, expect_error):
    check_role(stubbed.account, "arn:aws:iam::123456789012:role/service-role/R")
    for role in ("", "R", "arn:aws-cn:iam::1:role/R", "arn:aws-cn:iam::123456789012:role/R"):
        with expect_error("AWS032"):
            check_role(stubbed.account, role)


def test_a_role_is_of_the_account_that_is_deployed_to(expect_error):
    check_account("arn:aws:iam::123456789012:role/R", WHO)
    with expect_error("AWS032"):
        check_account("arn:aws:iam::210987654321:role/R", WHO)
