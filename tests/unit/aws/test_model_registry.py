from __future__ import annotations

import hashlib
import io
from datetime import datetime, timezone

import pytest
from botocore.response import StreamingBody

from stepsmith.aws.model_registry import ModelRegistry
from stepsmith.model_registry.protocol import ApprovalDecision

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/risk"
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def registry(stubbed):
    return ModelRegistry(stubbed.account)


def versions(stubbed, *numbers, **more):
    summaries = [
        {"ModelPackageArn": f"{ARN}/{one}", "CreationTime": NOW, "ModelPackageStatus": "Completed"} for one in numbers
    ]
    stubbed.answers("sagemaker", "list_model_packages", {"ModelPackageSummaryList": summaries, **more})


def described(stubbed, number, **more):
    answer = {
        "ModelPackageName": "risk",
        "ModelPackageGroupName": "risk",
        "ModelPackageVersion": number,
        "ModelPackageArn": f"{ARN}/{number}",
        "CreationTime": NOW,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "ModelApprovalStatus": "PendingManualApproval",
        **more,
    }
    expected = {"ModelPackageName": f"{ARN}/{number}"}
    stubbed.answers("sagemaker", "describe_model_package", answer, expected)


def groups(stubbed, *names):
    facts = {"ModelPackageGroupArn": ARN, "CreationTime": NOW, "ModelPackageGroupStatus": "Completed"}
    listed = [{"ModelPackageGroupName": name, **facts} for name in names]
    stubbed.answers("sagemaker", "list_model_package_groups", {"ModelPackageGroupSummaryList": listed})


def test_the_newest_versions_of_each_group_are_told_by_number_and_times_as_text(stubbed, registry):
    groups(stubbed, "risk")
    versions(stubbed, 3, 2, NextToken="t")
    described(stubbed, 2)
    described(stubbed, 3)
    found = registry.packages(limit=2)
    assert [one["ModelPackageVersion"] for one in found] == [2, 3]
    assert found[0]["CreationTime"] == "2026-01-01T00:00:00.000Z"


def test_a_version_is_found_by_its_number_on_whatever_page(stubbed, registry):
    versions(stubbed, 3, NextToken="t")
    versions(stubbed, 2)
    described(stubbed, 2)
    assert registry.package("risk", 2).description["ModelPackageVersion"] == 2
    versions(stubbed, 3, 2)
    described(stubbed, 3)
    assert registry.package("risk").description["ModelPackageVersion"] == 3


def test_a_group_or_a_version_that_is_not_there_is_told(stubbed, registry, expect_error):
    versions(stubbed)
    groups(stubbed, "risk")
    stubbed.answers("sts", "get_caller_identity", {"Account": "123456789012", "Arn": "arn:aws:iam::1:user/me"})
    with expect_error("REG011"):
        registry.package("rsk")
    versions(stubbed, 1)
    groups(stubbed, "risk")
    with expect_error("REG013"):
        registry.package("risk", 7)


def test_a_decision_is_kept_with_its_reason(stubbed, registry):
    versions(stubbed, 2, 1)
    described(stubbed, 2)
    expected = {
        "ModelPackageArn": f"{ARN}/2",
        "ModelApprovalStatus": "Approved",
        "ApprovalDescription": "ticket 4711",
    }
    stubbed.answers("sagemaker", "update_model_package", {"ModelPackageArn": f"{ARN}/2"}, expected)
    decision = registry.decide("risk", 2, "Approved", " ticket 4711 ")
    assert decision == ApprovalDecision("risk", 2, None, None, "PendingManualApproval", "Approved", "ticket 4711")


def test_a_reason_that_the_service_would_not_take_is_told_before_it_is_asked(registry, expect_error):
    with expect_error("REG014"):
        registry.decide("risk", 2, "Approved", " ")


def test_the_digest_of_an_object_is_taken_as_it_is_read(stubbed, registry, expect_error):
    body = StreamingBody(io.BytesIO(b"model"), 5)
    stubbed.answers("s3", "head_object", {"ContentLength": 5, "ETag": '"e"'})
    stubbed.answers("s3", "get_object", {"Body": body}, {"Bucket": "bucket", "Key": "k", "IfMatch": '"e"'})
    assert registry.digest("s3://bucket/k") == hashlib.sha256(b"model").hexdigest()
    stubbed.refuses("s3", "head_object", "404", 404)
    with expect_error("AWS023"):
        registry.digest("s3://bucket/k")
