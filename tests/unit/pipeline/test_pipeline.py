from __future__ import annotations

import json

import pytest

from stepsmith import (
    DummyTrainingConfig,
    Get,
    ModelPackagingConfig,
    Pipeline,
    ProcessingStepConfigBase,
    RegistryManager,
)
from stepsmith.diagnostics import ConfigError, DagError, DefinitionError, FaultsError, StepError

SHARED = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x"}


def test_the_pipelines_own_fields_go_before_its_defaults():
    pipeline = Pipeline("p", **SHARED, defaults={"region": "us-east-1", "instance_type": "ml.t3.medium"})
    assert pipeline.shared == {**SHARED, "instance_type": "ml.t3.medium"}


def test_all_that_the_base_config_has_can_be_a_default(model_archive):
    defaults = {
        "subnets": ["subnet-1"], "security_group_ids": ["sg-1"], "enable_network_isolation": True,
        "encrypt_inter_container_traffic": True, "volume_kms_key": "k", "output_kms_key": "k", "tags": {"a": "b"},
        "env": {"A": "1"}, "cache": {"expire_after": "P1D"}, "image_uri": "image:1",
        "role": "arn:aws:iam::123456789012:role/a",
        "retry": [{"exception_types": ["Step.THROTTLING"], "max_attempts": 2}],
    }  # fmt: skip
    pipeline = Pipeline("p", **SHARED, defaults=defaults)
    pipeline.add("m", DummyTrainingConfig(pretrained_model_path=model_archive()))
    (step,) = json.loads(pipeline.compile().definition)["Steps"]
    assert step["CacheConfig"] == {"Enabled": True, "ExpireAfter": "P1D"}
    assert step["RetryPolicies"][0]["MaxAttempts"] == 2
    assert step["Arguments"]["NetworkConfig"]["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    assert step["Arguments"]["AppSpecification"]["ImageUri"] == "image:1"
    assert step["Arguments"]["RoleArn"] == "arn:aws:iam::123456789012:role/a"


def test_a_misspelt_default_is_refused_with_the_nearest(expect_error):
    with expect_error("STP201", "defaults.instance_typ", kind=ConfigError):
        Pipeline("p", defaults={"instance_typ": "x"})


@pytest.mark.parametrize(
    "name", ["my_pipeline", "-x", pytest.param("", id="empty"), pytest.param("a" * 257, id="too long"), "p.q"]
)
def test_a_name_that_the_service_refuses_is_refused(expect_error, name):
    with expect_error("DEF101", "name", kind=DefinitionError):
        Pipeline(name)


def test_several_faults_of_a_pipeline_are_told_at_once(expect_error):
    found = [("DEF101", "name"), ("STP201", "pipeline_s3_loc"), ("STP201", "defaults.instance_typ")]
    with expect_error(found, kind=FaultsError):
        Pipeline("my_pipeline", pipeline_s3_loc="bucket", defaults={"instance_typ": "x"})


def test_a_step_may_be_named_or_given_to_after(model_archive):
    pipeline = Pipeline("p", **SHARED)
    model = pipeline.add("model", DummyTrainingConfig(pretrained_model_path=model_archive()))
    assert pipeline.add("one", ModelPackagingConfig(code="x"), after=[model]).after == ("model",)
    assert pipeline.add("two", ModelPackagingConfig(code="x"), after=["model"]).after == ("model",)


def test_a_step_of_a_name_that_is_taken_is_refused(expect_error):
    pipeline = Pipeline("p")
    pipeline.add("m", DummyTrainingConfig())
    with expect_error("DAG001", "steps.m", kind=DagError):
        pipeline.add("m", DummyTrainingConfig())


def test_a_config_of_no_step_is_refused(expect_error):
    with expect_error("STP013", kind=StepError):
        Pipeline("p").add("m", ProcessingStepConfigBase())


def test_a_pipeline_knows_the_steps_of_its_own_registry_alone(expect_error):
    with expect_error("STP013", kind=StepError):
        Pipeline("p", registry=RegistryManager(tables=[])).add("m", DummyTrainingConfig())


def test_a_parameter_is_declared_and_its_reference_usable_in_a_field():
    pipeline = Pipeline("p", **SHARED)
    reference = pipeline.parameter("Model", default="s3://bucket/model.tar.gz")
    pipeline.add("m", DummyTrainingConfig(pretrained_model_path=reference))
    definition = json.loads(pipeline.compile().definition)
    assert reference == Get("Parameters.Model")
    assert {"Name": "Model", "Type": "String", "DefaultValue": "s3://bucket/model.tar.gz"} in definition["Parameters"]
    assert definition["Steps"][0]["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3Uri"] == {"Get": "Parameters.Model"}


def test_a_parameter_that_is_not_declared_is_an_error(expect_error):
    pipeline = Pipeline("p", **SHARED)
    pipeline.add("m", DummyTrainingConfig(pretrained_model_path=Get("Parameters.Model")))
    with expect_error("DEF110", "steps.m.pretrained_model_path", kind=DefinitionError):
        pipeline.compile()


def test_relative_paths_are_relative_to_the_base_folder(model_archive, tmp_path):
    model_archive("models/my model.tgz")
    pipeline = Pipeline("p", **SHARED, base_dir=tmp_path)
    pipeline.add("m", DummyTrainingConfig(pretrained_model_path="models/my model.tgz"))
    assert len(pipeline.compile().assets) == 2
