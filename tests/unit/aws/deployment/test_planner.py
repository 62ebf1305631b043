from __future__ import annotations

from dataclasses import replace

import pytest

from stepsmith import DummyTrainingConfig, Pipeline
from stepsmith.aws.deployment.options import DeployOptions
from stepsmith.aws.deployment.plan import Present, UploadObject, WritePipeline
from stepsmith.aws.deployment.planner import plan_deploy

ROLE = "arn:aws:iam::123456789012:role/Pipelines"
NOT_VALID = '{"Version":"2020-12-01","Steps":[{"Name":"a b","Type":"Fail","Arguments":{}}]}'


@pytest.fixture
def compiled(tmp_path, model_archive):
    model_archive()
    pipeline = Pipeline("one", region="eu-west-1", role=ROLE, pipeline_s3_loc="s3://my-bucket/one", base_dir=tmp_path)
    pipeline.add("model", DummyTrainingConfig(pretrained_model_path="model.tar.gz"))
    return pipeline.compile()


def asked(stubbed, *listings):
    """What every plan asks: who, the pipeline, where the bucket is, and a listing a folder."""
    stubbed.answers("sts", "get_caller_identity", {"Account": "123456789012", "Arn": ROLE, "UserId": "x"})
    stubbed.refuses("sagemaker", "describe_pipeline", "ResourceNotFound")
    stubbed.answers("s3", "get_bucket_location", {"LocationConstraint": "eu-west-1"})
    for listing in listings:
        contents = [{"Key": key, "Size": size} for key, size in listing.items()]
        stubbed.answers("s3", "list_objects_v2", {"Contents": contents})


def test_what_is_there_is_told_and_what_is_not_is_uploaded(stubbed, compiled):
    code, model = compiled.assets
    there = {code.object_uri(item).removeprefix("s3://my-bucket/"): item.size_bytes for item in code.objects}
    asked(stubbed, there, {})
    plan = plan_deploy(stubbed.account, compiled)
    assert [one.uri for one in plan.present] == [code.object_uri(item) for item in code.objects]
    assert all(isinstance(one, Present) for one in plan.present)
    upload, write = plan.actions
    assert isinstance(upload, UploadObject)
    assert isinstance(write, WritePipeline)
    assert (upload.uri, upload.digest) == (f"{model.uri}model.tar.gz", model.digest)
    assert plan.folders == (code.uri, model.uri)


def test_tags_and_parallelism_go_with_a_pipeline_that_is_created(stubbed, compiled):
    asked(stubbed, {}, {})
    options = DeployOptions(name="other", tags=(("a", "b"),), parallelism=4)
    request = plan_deploy(stubbed.account, compiled, options).writing.request
    assert request == {
        "PipelineName": "other",
        "PipelineDefinition": compiled.definition,
        "RoleArn": ROLE,
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 4},
        "Tags": [{"Key": "a", "Value": "b"}],
    }


@pytest.mark.parametrize(
    ("changed", "options", "code", "where"),
    [
        pytest.param({"role": ""}, {}, "AWS032", "", id="no-role"),
        pytest.param({}, {"role": "Pipelines"}, "AWS032", "", id="role-not-an-arn"),
        pytest.param({}, {"role": "arn:aws-cn:iam::123456789012:role/R"}, "AWS032", "", id="role-of-another-partition"),
        pytest.param({"region": "us-east-1"}, {}, "AWS031", "", id="another-region"),
        pytest.param({}, {"name": "a b"}, "DEF101", "name", id="name"),
        pytest.param({"definition": NOT_VALID}, {}, "DEF101", "steps.a b", id="definition"),
    ],
)
def test_what_can_be_seen_is_told_before_anything_is_asked(
    stubbed, compiled, expect_error, changed, options, code, where
):
    with expect_error(code, where):
        plan_deploy(stubbed.account, replace(compiled, **changed), DeployOptions(**options))


def test_a_definition_that_goes_by_s3_needs_a_place_there(stubbed, compiled, expect_error):
    text = compiled.definition.replace('"model"', '"model"', 1)
    padded = text[:-1] + " " * (101 << 10) + "}"
    stubbed.answers("sts", "get_caller_identity", {"Account": "123456789012", "Arn": ROLE, "UserId": "x"})
    stubbed.refuses("sagemaker", "describe_pipeline", "ResourceNotFound")
    with expect_error("AWS033"):
        plan_deploy(stubbed.account, replace(compiled, definition=padded, location=""))


def test_tags_that_the_pipeline_lacks_are_asked_for(stubbed, compiled):
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/one"
    stubbed.answers("sts", "get_caller_identity", {"Account": "123456789012", "Arn": ROLE, "UserId": "x"})
    answer = {"PipelineName": "one", "PipelineArn": arn, "PipelineDefinition": compiled.definition, "RoleArn": ROLE}
    stubbed.answers("sagemaker", "describe_pipeline", answer)
    stubbed.answers("s3", "get_bucket_location", {"LocationConstraint": "eu-west-1"})
    for asset in compiled.assets:
        contents = [{"Key": asset.object_uri(item).removeprefix("s3://my-bucket/"), "Size": item.size_bytes}
                    for item in asset.objects]  # fmt: skip
        stubbed.answers("s3", "list_objects_v2", {"Contents": contents})
    stubbed.answers("sagemaker", "list_tags", {"Tags": [{"Key": "a", "Value": "old"}, {"Key": "c", "Value": "d"}]})
    options = DeployOptions(tags=(("a", "b"), ("c", "d")))
    (action,) = plan_deploy(stubbed.account, compiled, options).actions
    assert action.tags == (("a", "b"),)
