from __future__ import annotations

from dataclasses import replace

import pytest

from stepsmith import (
    DummyTrainingConfig,
    ModelRegistrationConfig,
    Pipeline,
)
from stepsmith.aws.iam.policy import policies_of
from stepsmith.definition.assets import Compiled

ROLE = "arn:aws:iam::123456789012:role/Pipelines"


@pytest.fixture
def compiled(tmp_path, model_archive):
    model_archive()
    pipeline = Pipeline(
        "Credit-Risk", region="eu-west-1", role=ROLE, pipeline_s3_loc="s3://my-bucket/credit-risk", base_dir=tmp_path
    )
    model = pipeline.add("model", DummyTrainingConfig(pretrained_model_path="model.tar.gz"))
    registration = ModelRegistrationConfig(
        group="Risk",
        image_uri="210987654321.dkr.ecr.eu-west-1.amazonaws.com/team/serve@sha256:" + "0" * 64,
        content_types=["text/csv"],
        instance_types=["ml.m5.large"],
    )
    pipeline.add("register", registration, after=model, inputs={"PackagedModel": "model.model_output"})
    return pipeline.compile()


def statement(document, sid):
    (found,) = [one for one in document["Statement"] if one["Sid"] == sid]
    return found


def actions(document):
    return {action for one in document["Statement"] for action in one["Action"]}


def test_who_deploys_may_write_below_the_pipeline_s_folder_and_nowhere_else(compiled):
    found = policies_of(compiled).deploy
    assert statement(found, "Upload")["Resource"] == ["arn:aws:s3:::my-bucket/credit-risk/*"]
    listing = statement(found, "List1")
    assert listing["Resource"] == "arn:aws:s3:::my-bucket"
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["credit-risk/*"]}}
    assert not {action for action in actions(found) if "*" in action or "Delete" in action}


def test_who_deploys_may_write_this_pipeline_and_pass_this_role(compiled):
    found = policies_of(compiled).deploy
    assert statement(found, "WritePipeline")["Resource"] == [
        "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/Credit-Risk",
        "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/credit-risk",
    ]
    assert statement(found, "PassRole") == {
        "Sid": "PassRole",
        "Effect": "Allow",
        "Action": ["iam:PassRole"],
        "Resource": [ROLE],
        "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    }
    groups = statement(found, "MakeGroups")["Resource"]
    prefix = "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group"
    assert groups == [f"{prefix}/Risk", f"{prefix}/risk"]


def test_the_role_may_run_the_jobs_that_there_are_and_pull_their_images(compiled):
    found = policies_of(compiled).execution
    assert "sagemaker:CreateProcessingJob" in actions(found)
    assert "sagemaker:CreateTrainingJob" not in actions(found)
    assert statement(found, "PullImages")["Resource"] == [
        "arn:aws:ecr:eu-west-1:141502667606:repository/sagemaker-scikit-learn",
        "arn:aws:ecr:eu-west-1:210987654321:repository/team/serve",
    ]
    # Models and code are at keys with their digests: no job may write over them.
    assert statement(found, "WriteObjects")["Resource"] == [
        "arn:aws:s3:::my-bucket/credit-risk/dummy_training/output/*"
    ]
    assert statement(found, "ReadObjects")["Resource"] == [
        "arn:aws:s3:::my-bucket/credit-risk/*",
        "arn:aws:s3:::my-bucket/credit-risk/dummy_training/output/*",
    ]


def test_sagemaker_may_take_the_role(compiled):
    (found,) = policies_of(compiled).trust["Statement"]
    assert found["Principal"] == {"Service": "sagemaker.amazonaws.com"}


def test_tags_and_a_key_need_more(compiled):
    key = "arn:aws:kms:eu-west-1:123456789012:key/x"
    found = policies_of(compiled, kms_key=key, has_tags=True).deploy
    assert {"s3:PutObjectTagging", "sagemaker:AddTags", "sagemaker:ListTags"} <= actions(found)
    assert statement(found, "Encrypt")["Resource"] == [key]
    assert "sagemaker:AddTags" not in actions(policies_of(compiled).deploy)


def test_a_model_that_is_on_s3_may_be_read_there(tmp_path):
    pipeline = Pipeline("one", region="eu-west-1", role=ROLE, pipeline_s3_loc="s3://my-bucket/one", base_dir=tmp_path)
    pipeline.add("model", DummyTrainingConfig(pretrained_model_path="s3://theirs/best.tgz", sha256="a" * 64))
    found = policies_of(pipeline.compile()).deploy
    assert statement(found, "CopyModels")["Resource"] == ["arn:aws:s3:::theirs/best.tgz"]
    # So that one that is not there is told as that, and not as one that may not be seen.
    listing = statement(found, "LookAt1")
    assert (listing["Resource"], listing["Condition"]["StringLike"]["s3:prefix"]) == (
        "arn:aws:s3:::theirs",
        ["best.tgz*"],
    )


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_arns_are_of_the_region_s_partition(compiled, region, partition):
    text = compiled.definition.replace("arn:aws:", f"arn:{partition}:")
    there = replace(compiled, region=region, definition=text, role=f"arn:{partition}:iam::123456789012:role/R")
    found = policies_of(there)
    for document in (found.deploy, found.execution):
        resources = [one["Resource"] for one in document["Statement"]]
        arns = [arn for one in resources for arn in ([one] if isinstance(one, str) else one) if arn != "*"]
        assert {arn.split(":")[1] for arn in arns} == {partition}


def test_what_cannot_be_known_is_said(compiled, snapshot):
    account, role = policies_of(replace(compiled, role="")).open_ends
    snapshot(account)
    snapshot(role)
    assert policies_of(compiled).open_ends == ()
    assert policies_of(replace(compiled, role=""), account="123456789012").open_ends == (role,)


def test_a_step_s_own_place_may_be_written_too(tmp_path, model_archive):
    model_archive()
    pipeline = Pipeline("one", region="eu-west-1", role=ROLE, pipeline_s3_loc="s3://bucket-one/x", base_dir=tmp_path)
    config = DummyTrainingConfig(pretrained_model_path="model.tar.gz", pipeline_s3_loc="s3://bucket-two/y")
    pipeline.add("model", config)
    assert statement(policies_of(pipeline.compile()).deploy, "Upload")["Resource"] == [
        "arn:aws:s3:::bucket-one/x/*",
        "arn:aws:s3:::bucket-two/y/dummy_training/code/*",
        "arn:aws:s3:::bucket-two/y/dummy_training/input/*",
    ]


def test_a_group_of_another_account_is_said_to_be_shared(compiled, snapshot):
    arn = "arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/theirs"
    there = replace(compiled, definition=compiled.definition.replace('"Risk"', f'"{arn}"'))
    (end,) = policies_of(there).open_ends
    assert arn in end
    snapshot(end)


def test_another_region_or_a_role_that_is_none_is_refused(compiled, expect_error):
    with expect_error("AWS031"):
        policies_of(compiled, region="us-east-1")
    with expect_error("AWS032"):
        policies_of(compiled, role="nonsense")


def test_every_role_that_jobs_are_given_may_be_passed(compiled):
    other = "arn:aws:iam::123456789012:role/Other"
    found = policies_of(compiled, role=other)
    assert statement(found.execution, "PassRole")["Resource"] == [other, ROLE]
    assert statement(found.deploy, "PassRole")["Resource"] == [other]


def test_a_key_of_uploads_may_be_used_by_the_role_to_read_them_and_an_alias_is_allowed_as_one(compiled):
    key = "arn:aws:kms:eu-west-1:123456789012:key/x"
    assert statement(policies_of(compiled, kms_key=key).execution, "ReadUploads")["Action"] == ["kms:Decrypt"]
    found = statement(policies_of(compiled, kms_key="alias/models").deploy, "EncryptByAlias")
    assert found["Condition"] == {"ForAnyValue:StringEquals": {"kms:ResourceAliases": ["alias/models"]}}


def test_jobs_in_a_vpc_may_join_it(tmp_path, model_archive):
    model_archive()
    pipeline = Pipeline("one", region="eu-west-1", role=ROLE, pipeline_s3_loc="s3://my-bucket/one", base_dir=tmp_path)
    config = DummyTrainingConfig(
        pretrained_model_path="model.tar.gz", subnets=["subnet-1"], security_group_ids=["sg-1"]
    )
    pipeline.add("model", config)
    assert "ec2:CreateNetworkInterface" in actions(policies_of(pipeline.compile()).execution)


def test_sagemaker_takes_the_role_for_this_account_alone_where_it_is_known(compiled):
    (known,) = policies_of(compiled).trust["Statement"]
    assert known["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_without_a_region_nothing_can_be_said(expect_error):
    definition = '{"Version":"2020-12-01","Steps":[{"Name":"s","Type":"Fail","Arguments":{"ErrorMessage":"m"}}]}'
    with expect_error("AWS011"):
        policies_of(Compiled("one", definition))


def test_a_step_of_a_type_that_is_not_known_here_is_said(snapshot):
    definition = '{"Version":"2020-12-01","Steps":[{"Name":"s","Type":"Lambda","Arguments":{}}]}'
    found = policies_of(Compiled("one", definition, region="eu-west-1", role=ROLE))
    (end,) = found.open_ends
    snapshot(end)
