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
from stepsmith.diagnostics import ResolutionError

DIGEST = "a" * 64
NEEDED = {"group": "g", "image_uri": "serve:1", "instance_types": ["ml.m5.large"]}
PROVENANCE = {
    "source": "models/m.tgz",
    "source_sha256": DIGEST,
    "package_sha256": JsonGet("package", "Package", "package_sha256"),
}


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
