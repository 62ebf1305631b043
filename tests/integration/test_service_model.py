"""What we write, held against SageMaker's own description of its requests and answers, offline."""

from __future__ import annotations

import json
import re
from pathlib import Path

import botocore.session
import pytest
from botocore.validate import ParamValidator

from stepsmith.definition.checks.names import check_pipeline_name, check_step_name
from stepsmith.local.model_registry import ModelRegistry
from stepsmith.local.preflight import SUPPORTED
from stepsmith.pipeline.load import load_pipeline
from stepsmith.sagemaker.identifiers import PARAMETER_NAME

# What a reference may stand for, by the member that it fills; elsewhere a digest.
SAMPLES = {
    "RoleArn": "arn:aws:iam::123456789012:role/SageMakerPipelines",
    "ModelApprovalStatus": "PendingManualApproval",
    "S3Uri": "s3://bucket/key",
    "ModelDataUrl": "s3://bucket/key/model.tar.gz",
    "SamplePayloadUrl": "s3://bucket/key/payload.tar.gz",
}
DIGEST = "0" * 64
EXAMPLE = Path(__file__).parents[2] / "examples" / "pretrained-model"


@pytest.fixture(scope="module")
def service():
    return botocore.session.get_session().get_service_model("sagemaker")


@pytest.fixture(scope="module")
def steps():
    """The example's steps: name, service type, and arguments with each reference replaced by a sample."""
    definition = json.loads(load_pipeline(EXAMPLE / "pipeline.yaml", environment={}).compile().definition)
    return [(step["Name"], step["Type"], sampled(step["Arguments"])) for step in definition["Steps"]]


def sampled(value, member=""):
    """A JSON value with each reference in it replaced by a sample that the service would take there."""
    if isinstance(value, dict):
        if value.keys() & {"Get", "Std:Join", "Std:JsonGet"}:
            return SAMPLES.get(member, DIGEST)
        return {key: sampled(item, key) for key, item in value.items()}
    return [sampled(item, member) for item in value] if isinstance(value, list) else value


def faults(params, shape):
    """Why the service would refuse `params`: what botocore finds, and enums and lengths, which it skips."""
    report = ParamValidator().validate(params, shape).generate_report()
    return [*([report] if report else []), *further(params, shape, shape.name)]


def further(value, shape, place):
    if shape.type_name == "structure":
        inner = [(value[name], shape.members[name], name) for name in value if name in shape.members]
    elif shape.type_name == "list":
        inner = [(item, shape.member, "[]") for item in value]
    elif shape.type_name == "map":
        inner = [(item, shape.value, key) for key, item in value.items()] + [(key, shape.key, "") for key in value]
    else:
        inner = []
    for item, item_shape, name in inner:
        yield from further(item, item_shape, f"{place}.{name}")
    if isinstance(value, str | list | dict) and len(value) > shape.metadata.get("max", len(value)):
        yield f"{place} is longer than {shape.metadata['max']}"
    if shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{place} is {value!r}, and none of {shape.enum}"


def test_the_example_has_a_step_of_every_type_that_we_write(steps):
    assert {kind for _, kind, _ in steps} == set(SUPPORTED)


def test_every_processing_step_is_a_request_that_the_service_takes(service, steps):
    shape = service.operation_model("CreateProcessingJob").input_shape
    processing = [(name, arguments) for name, kind, arguments in steps if kind == "Processing"]
    assert len(processing) == 4
    for name, arguments in processing:
        assert "ProcessingJobName" not in arguments  # the service gives it
        assert faults({**arguments, "ProcessingJobName": f"pipelines-id-{name}"}, shape) == []


def test_every_registration_is_a_request_that_the_service_takes(service, steps):
    shape = service.operation_model("CreateModelPackage").input_shape
    registrations = [arguments for _, kind, arguments in steps if kind == "RegisterModel"]
    assert len(registrations) == 1
    for arguments in registrations:
        assert faults(arguments, shape) == []


@pytest.mark.parametrize(
    "spoiled",
    [
        {"RoleArn": 5},
        {"Rolearn": "arn:aws:iam::123456789012:role/a"},
        {"StoppingCondition": {"MaxRuntimeInSeconds": "60"}},
        {"NetworkConfig": {"EnableNetworkIsolation": "yes"}},
        {"Environment": {"NAME": "x" * 257}},
        {"AppSpecification": {}},
        {"ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "m5", "VolumeSizeInGB": 30}}},
    ],
    ids=lambda spoiled: next(iter(spoiled)),
)
def test_a_request_that_the_service_would_refuse_is_found_out(service, steps, spoiled):
    shape = service.operation_model("CreateProcessingJob").input_shape
    arguments = next(arguments for _, kind, arguments in steps if kind == "Processing")
    assert faults({**arguments, "ProcessingJobName": "job", **spoiled}, shape)


def test_a_version_in_the_local_registry_is_described_as_the_service_describes_one(service, steps, tmp_path):
    shape = service.shape_for("DescribeModelPackageOutput")
    (arguments,) = [arguments for _, kind, arguments in steps if kind == "RegisterModel"]
    described = ModelRegistry(tmp_path / "stepsmith.db").register(arguments)
    assert set(described) <= set(shape.members)
    assert set(shape.required_members) <= set(described)
    assert faults(described, shape) == []


def test_the_local_registry_keeps_every_member_that_the_service_would_show_again(service, tmp_path):
    asked, shown = service.shape_for("CreateModelPackageInput"), service.shape_for("DescribeModelPackageOutput")
    shared = (set(asked.members) & set(shown.members)) - {"ModelPackageName", "ModelPackageGroupName"}
    request = {name: f"the {name}" for name in shared}
    request |= {"ModelPackageGroupName": "group", "ModelApprovalStatus": "Rejected"}
    described = ModelRegistry(tmp_path / "stepsmith.db").register(request)
    assert {name for name in shared if described.get(name) != request[name]} == set()


@pytest.mark.parametrize(
    ("shape_name", "admits"),
    [
        ("StepName", lambda name: not check_step_name(name)),
        ("PipelineName", lambda name: not check_pipeline_name(name)),
        ("PipelineParameterName", lambda name: PARAMETER_NAME.fullmatch(name) is not None),
    ],
    ids=["step", "pipeline", "parameter"],
)
def test_a_name_passes_the_checks_where_the_service_takes_it(service, shape_name, admits):
    shape = service.shape_for(shape_name)
    lengths = (1, 2, 63, 64, 65, 255, 256, 257)
    ends = ("a", "Z9", "a-b", "a--b", "a_b", "-a", "a-", "_", "a.b", "a b", "é", "a/b", "a\n")
    names = [*ends, *("a" * length for length in lengths), *("a" + "-" * (length - 2) + "b" for length in lengths[1:])]
    for name in names:
        taken = re.fullmatch(shape.metadata["pattern"], name) and len(name) <= shape.metadata["max"]
        assert admits(name) == bool(taken), name
