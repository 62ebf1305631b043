from __future__ import annotations

from dataclasses import replace

import pytest

from stepsmith import (
    Get,
    Join,
    JsonGet,
    ModelRegistrationConfig,
    ModelRegistrationStepBuilder,
    NodeType,
)
from stepsmith.diagnostics import ConfigError, ResolutionError

DIGEST = "a" * 64
NEEDED = {"group": "g", "image_uri": "serve:1", "instance_types": ["ml.m5.large"]}
PROVENANCE = {
    "source": "models/m.tgz",
    "source_sha256": DIGEST,
    "package_sha256": JsonGet("package", "Package", "package_sha256"),
}


def test_the_declared_defaults_hold():
    config = ModelRegistrationConfig(**NEEDED)
    assert (config.approval_status, config.digests) == ("PendingManualApproval", "all")
    assert config.get_script_contract() is None


@pytest.mark.parametrize("missing", ["group", "image_uri", "instance_types"])
def test_what_a_version_cannot_be_without_is_required(missing, expect_error):
    with expect_error("STP201", missing, kind=ConfigError):
        ModelRegistrationConfig(**{name: value for name, value in NEEDED.items() if name != missing})


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        pytest.param({"approval_status": "approved"}, "approval_status", id="approval_status"),
        pytest.param({"metadata": {"source_sha256": "x"}}, "metadata", id="metadata: reserved"),
        pytest.param({"metadata": {"a(b": "x"}}, "metadata", id="metadata: name"),
        pytest.param({"metadata": {f"k{n}": "x" for n in range(48)}}, "metadata", id="metadata: count"),
        pytest.param({"model_metrics": "metrics.json"}, "model_metrics", id="model_metrics"),
        pytest.param({"group": "my_group"}, "group", id="group: characters"),
        pytest.param({"group": "a" * 64}, "group", id="group: length"),
        pytest.param({"image_uri": "an image"}, "image_uri", id="image_uri"),
        pytest.param({"instance_types": ["m5.large"]}, "instance_types[0]", id="instance_types"),
        pytest.param({"cache": True}, "cache", id="cache"),
        pytest.param({"subnets": ["s"], "security_group_ids": ["g"]}, "subnets", id="subnets"),
        pytest.param({"content_types": []}, "content_types", id="content_types"),
        pytest.param({"digests": "none"}, "digests", id="digests"),
    ],
)
def test_what_the_service_would_refuse_is_refused(wrong, where, expect_error):
    with expect_error("STP201", where, kind=ConfigError):
        ModelRegistrationConfig(**{**NEEDED, **wrong})


def test_references_are_admitted_where_a_value_may_come_late():
    config = ModelRegistrationConfig(
        **{**NEEDED, "group": Get("Parameters.G")},
        approval_status=Get("Parameters.A"),
        model_metrics=Get("Parameters.M"),
        metadata={"job": Get("Parameters.J")},
    )
    assert config.group == Get("Parameters.G")


def test_what_jobs_share_is_not_passed_on_to_it():
    shared = {
        "cache": {"enabled": True},
        "tags": {"a": "b"},
        "subnets": ("s",),
        "security_group_ids": ("g",),
        "env": {"A": "1"},
    }
    assert ModelRegistrationConfig(**NEEDED).with_shared({**shared, "region": "eu-west-1"}).region == "eu-west-1"
    assert ModelRegistrationConfig(**NEEDED).with_shared(shared) == ModelRegistrationConfig(**NEEDED)


@pytest.fixture
def build(built):
    def make(*dependencies, name="register", **config):
        package = replace(built("package", packaged_model=("PackagedModel",)), provenance=PROVENANCE)
        builder = ModelRegistrationStepBuilder(ModelRegistrationConfig(**NEEDED, **config))
        return builder.create_step([package, *dependencies], name).definition_step

    return make


def location(step, output):
    return Get(f"Steps.{step}.ProcessingOutputConfig.Outputs['{output}'].S3Output.S3Uri")


def test_it_is_a_register_model_step_of_the_users_name_and_no_suffix(build):
    step = build(name="my-register")
    assert (step.type, step.name) == ("RegisterModel", "my-register")
    assert ModelRegistrationStepBuilder.specification.node_type is NodeType.SINK


def test_its_dependencies_keep_their_names():
    names = [one.logical_name for one in ModelRegistrationStepBuilder.specification.dependencies]
    assert names == ["PackagedModel", "GeneratedPayloadSamples"]


def test_the_whole_request_follows_from_config_and_sources(build, built):
    payload = built("payload", payload_samples=("GeneratedPayloadSamples",))
    step = build(
        payload,
        content_types=["text/csv"],
        response_types=["application/json"],
        approval_status=Get("Parameters.Approval"),
        domain="MACHINE_LEARNING",
        task="CLASSIFICATION",
        framework="SKLEARN",
        nearest_model_name="xgboost",
        env={"SAGEMAKER_PROGRAM": "inference.py"},
        model_metrics="s3://bucket/metrics.json",
        metadata={"team": "risk"},
    )
    assert step.arguments == {
        "ModelPackageGroupName": "g",
        "InferenceSpecification": {
            "Containers": [
                {
                    "Image": "serve:1",
                    "ModelDataUrl": Join("/", [location("package", "packaged_model"), "model.tar.gz"]),
                    "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
                    "Framework": "SKLEARN",
                    "NearestModelName": "xgboost",
                }
            ],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["application/json"],
            "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
        },
        "ModelApprovalStatus": Get("Parameters.Approval"),
        "SamplePayloadUrl": Join("/", [location("payload", "payload_samples"), "payload.tar.gz"]),
        "Domain": "MACHINE_LEARNING",
        "Task": "CLASSIFICATION",
        "ModelMetrics": {
            "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://bucket/metrics.json"}}
        },
        "CustomerMetadataProperties": {
            "source_sha256": DIGEST,
            "package_sha256": JsonGet("package", "Package", "package_sha256"),
            "source": "models/m.tgz",
            "team": "risk",
        },
    }
    assert step.depends_on == ()


def test_a_payload_may_be_left_out(build):
    assert "SamplePayloadUrl" not in build().arguments


def test_literal_digests_leave_out_what_the_service_does_not_document(build):
    properties = build(digests="literal").arguments["CustomerMetadataProperties"]
    assert properties == {"source_sha256": DIGEST, "source": "models/m.tgz"}


def test_a_model_that_nobody_packages_is_an_error(expect_error):
    with expect_error("RES001", "PackagedModel", kind=ResolutionError):
        ModelRegistrationStepBuilder(ModelRegistrationConfig(**NEEDED)).create_step()


def test_another_steps_model_may_be_wired(built):
    builder = ModelRegistrationStepBuilder(ModelRegistrationConfig(**NEEDED))
    step = builder.create_step([built("model", model_output=())], inputs={"PackagedModel": "model.model_output"})
    (container,) = step.definition_step.arguments["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == Join("/", [location("model", "model_output"), "model.tar.gz"])
