"""`stepsmith models --aws` beside a registry that is SageMaker's interface."""

from __future__ import annotations

import hashlib
import json

import pytest

pytestmark = pytest.mark.aws


@pytest.fixture
def registered(cloud):
    """A group of two versions, each with its object and its digests."""
    cloud.sagemaker.create_model_package_group(ModelPackageGroupName="risk")
    for number in (1, 2):
        content = f"package {number}".encode()
        key = f"packages/{number}.tar.gz"
        cloud.s3.put_object(Bucket=cloud.bucket, Key=key, Body=content)
        cloud.sagemaker.create_model_package(
            ModelPackageGroupName="risk",
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={
                "Containers": [{"Image": "serve:1", "ModelDataUrl": f"s3://{cloud.bucket}/{key}"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            CustomerMetadataProperties={
                "package_sha256": hashlib.sha256(content).hexdigest(),
                "source_sha256": "a" * 64,
                "source": "models/best.tgz",
            },
        )
    return cloud


@pytest.mark.usefixtures("registered")
def test_versions_are_listed_with_their_digests(stepsmith, snapshot):
    snapshot(stepsmith("models", "--aws", "--region", "eu-west-1").out)
    listed = json.loads(stepsmith("models", "list", "risk", "--aws", "--json").out)
    assert [one["ModelPackageVersion"] for one in listed] == [1, 2]


def test_a_version_is_shown_with_its_source_and_where_its_object_is(registered, stepsmith, snapshot):
    shown = stepsmith("models", "show", "risk", "2", "--aws").out
    for text in ("models/best.tgz", "a" * 64, f"s3://{registered.bucket}/packages/2.tar.gz"):
        assert text in shown
    snapshot(shown)


def test_a_decision_is_sagemaker_s_with_its_reason(registered, stepsmith, snapshot):
    done = stepsmith("models", "approve", "risk", "2", "--aws", "--reason", "ticket 4711")
    snapshot(done.out)
    arn = json.loads(stepsmith("models", "show", "risk", "2", "--aws", "--json").out)["model_package"][
        "ModelPackageArn"
    ]
    described = registered.sagemaker.describe_model_package(ModelPackageName=arn)
    assert (described["ModelApprovalStatus"], described["ApprovalDescription"]) == ("Approved", "ticket 4711")
    done = stepsmith("models", "reject", "risk", "2", "--aws", "--reason", "worse", "--json")
    assert json.loads(done.out)["before"] == "Approved"


def test_the_object_of_a_version_is_compared_with_the_digest_that_it_was_registered_with(
    registered, stepsmith, snapshot
):
    done = stepsmith("models", "verify", "risk", "2", "--aws")
    assert done.status == 0
    assert "a" * 64 in done.out
    snapshot(done.out)
    registered.s3.put_object(Bucket=registered.bucket, Key="packages/2.tar.gz", Body=b"another")
    done = stepsmith("models", "verify", "risk", "2", "--aws", "--json")
    assert done.status == 1
    assert json.loads(done.out)["status"] == "Different"


@pytest.mark.usefixtures("registered")
def test_what_is_not_there_is_told(stepsmith, snapshot):
    done = stepsmith("models", "show", "rsk", "--aws")
    assert (done.status, done.codes) == (1, ["REG011"])
    snapshot(done.err)


@pytest.mark.usefixtures("cloud")
def test_an_account_without_versions_says_so(stepsmith, snapshot):
    assert json.loads(stepsmith("models", "list", "--aws", "--json").out) == []
    snapshot(stepsmith("models", "--aws").out)
