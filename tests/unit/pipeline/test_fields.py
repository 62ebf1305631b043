from __future__ import annotations

from dataclasses import replace

import pytest

from stepsmith import RegistryManager, TabularPreprocessingStepBuilder, load_pipeline
from stepsmith.layers.config import ProcessingStepConfigBase
from stepsmith.pipeline.fields import _FIELDS, written_at
from stepsmith.steps.model_registration.config import ModelRegistrationConfig
from stepsmith.steps.tabular_preprocessing import STEP as TABULAR


def test_each_field_is_one_that_a_config_has():
    assert set(_FIELDS.values()) <= {*ProcessingStepConfigBase.model_fields, *ModelRegistrationConfig.model_fields}


@pytest.mark.parametrize(
    ("where", "likeliest"),
    [
        ("steps.a.Arguments.InferenceSpecification.Containers[0].Image", ("steps", "a", "image_uri")),
        ("steps.a.Arguments.NetworkConfig.VpcConfig.Subnets[1]", ("steps", "a", "subnets", 1)),
        ("steps.a.Arguments.CustomerMetadataProperties['x y']", ("steps", "a", "metadata", "x y")),
        ("steps.a.Arguments.Tags[0].Key", ("steps", "a", "tags", 0)),
        ("steps.a.Arguments.TagsOfMine", None),
        ("steps.a.Arguments.AppSpecification", None),
        ("steps.a.env", None),
        ("", None),
    ],
)
def test_an_argument_is_written_in_its_field(where, likeliest):
    assert next(iter(written_at(where)), None) == likeliest


REGISTRY = RegistryManager()
MANY = TABULAR.specification.model_copy(update={"step_type": "OnManyInstances"})


class OnManyInstances(TabularPreprocessingStepBuilder):
    """A step that may run on many instances, so that its instance_count may be known only at run time."""

    specification = MANY
    single_instance = False


REGISTRY.register(replace(TABULAR, specification=MANY, builder_class=OnManyInstances))
HEAD = """\
name: p
region: eu-west-1
pipeline_s3_loc: s3://bucket/x
steps:
  prepare: {type: TabularPreprocessing, data: s3://bucket/k/, label: y}
  m:
"""
JOB = {
    "type": "OnManyInstances", "data": "s3://bucket/k/", "label": "y",
    "subnets": "[subnet-1]", "security_group_ids": "[sg-1]",
}  # fmt: skip
REGISTRATION = {
    "type": "ModelRegistration", "inputs": "{PackagedModel: prepare.train}",
    "group": "g", "image_uri": "serve:1", "instance_types": "[ml.m5.large]",
}  # fmt: skip
# Each value is wrong at the mark ^, which is removed; after it, where in the argument the finding is.
VALUE = ("^${param:Nope}", "")
LIST = ("[^'${param:Nope}']", "[0]")
MAPPING = ("{A: ^'${param:Nope}'}", ".A")
TOO_MANY = (f"^{{{', '.join(f't{number}: a' for number in range(51))}}}", "")
# The field that each argument is made of, and a wrong value for it.
OF_JOBS = {
    "RoleArn": ("role", VALUE),
    "AppSpecification.ImageUri": ("image_uri", VALUE),
    "ProcessingResources.ClusterConfig.InstanceType": ("instance_type", VALUE),
    "ProcessingResources.ClusterConfig.InstanceCount": ("instance_count", VALUE),
    "ProcessingResources.ClusterConfig.VolumeSizeInGB": ("volume_size_gb", VALUE),
    "ProcessingResources.ClusterConfig.VolumeKmsKeyId": ("volume_kms_key", VALUE),
    "ProcessingOutputConfig.KmsKeyId": ("output_kms_key", VALUE),
    "StoppingCondition.MaxRuntimeInSeconds": ("max_runtime_seconds", VALUE),
    "Environment": ("env", MAPPING),
    "Tags": ("tags", TOO_MANY),
    "NetworkConfig.EnableNetworkIsolation": ("enable_network_isolation", VALUE),
    "NetworkConfig.EnableInterContainerTrafficEncryption": ("encrypt_inter_container_traffic", VALUE),
    "NetworkConfig.VpcConfig.Subnets": ("subnets", LIST),
    "NetworkConfig.VpcConfig.SecurityGroupIds": ("security_group_ids", LIST),
}
OF_REGISTRATIONS = {
    "ModelPackageGroupName": ("group", VALUE),
    "ModelApprovalStatus": ("approval_status", VALUE),
    "Domain": ("domain", VALUE),
    "Task": ("task", VALUE),
    "CustomerMetadataProperties": ("metadata", MAPPING),
    "InferenceSpecification.SupportedContentTypes": ("content_types", LIST),
    "InferenceSpecification.SupportedResponseMIMETypes": ("response_types", LIST),
    "InferenceSpecification.SupportedRealtimeInferenceInstanceTypes": ("instance_types", LIST),
    "InferenceSpecification.Containers[0].Image": ("image_uri", VALUE),
    "InferenceSpecification.Containers[0].Environment": ("env", MAPPING),
    "InferenceSpecification.Containers[0].Framework": ("framework", VALUE),
    "InferenceSpecification.Containers[0].NearestModelName": ("nearest_model_name", VALUE),
}


def test_each_argument_that_is_known_is_tried():
    assert sorted(_FIELDS) == sorted([*OF_JOBS, *OF_REGISTRATIONS])


@pytest.mark.parametrize(
    ("step", "argument", "field", "value"),
    [
        pytest.param(step, argument, *row, id=argument)
        for step, rows in ((JOB, OF_JOBS), (REGISTRATION, OF_REGISTRATIONS))
        for argument, row in rows.items()
    ],
)
def test_the_arguments_of_our_requests_are_those_that_are_known(expect_error, tmp_path, step, argument, field, value):
    written, inside = value
    lines = [f"    {name}: {one}" for name, one in {**step, field: written}.items()]
    text = HEAD + "\n".join(lines)
    before = text.partition("^")[0].splitlines()
    at = f"pipeline.yaml:{len(before)}:{len(before[-1]) + 1}"
    path = tmp_path / "pipeline.yaml"
    path.write_text(text.replace("^", ""))
    code = "DEF136" if value is TOO_MANY else "DEF110"
    # The checks of a definition have their own snapshot; here the text would be the same for every argument.
    with expect_error(code, f"steps.m.Arguments.{argument}{inside}", at, text=False):
        load_pipeline(path, environment={}, registry=REGISTRY).compile()
