# ruff: noqa: E501 - a request of one line is read beside the place that is told of it
from __future__ import annotations

import pytest

from stepsmith.errors import DefinitionError, RunError
from stepsmith.local.request import Port, pointers, processing_request

APPLICATION = {"ImageUri": "image", "ContainerEntrypoint": ["python3", "a.py"], "ContainerArguments": ["--n", 5]}
INPUT = {
    "InputName": "data",
    "S3Input": {"S3Uri": "s3://bucket/data", "LocalPath": "/opt/ml/processing/input/data"},
}
OUTPUT = {"OutputName": "out", "S3Output": {"S3Uri": "s3://bucket/out", "LocalPath": "/opt/ml/processing/output/out"}}


def test_a_request_is_read_whole():
    request = processing_request(
        {
            "AppSpecification": APPLICATION,
            "Environment": {"A": "1", "B": 2},
            "ProcessingInputs": [INPUT],
            "ProcessingOutputConfig": {"Outputs": [OUTPUT]},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }
    )
    assert request.command == ["python3", "a.py", "--n", "5"]
    assert request.environment == {"A": "1", "B": "2"}
    assert request.inputs == [Port("data", "s3://bucket/data", "/opt/ml/processing/input/data")]
    assert request.outputs == [Port("out", "s3://bucket/out", "/opt/ml/processing/output/out")]
    assert request.max_runtime_seconds == 60


def test_what_a_request_leaves_out_is_empty_and_a_day_long():
    request = processing_request({"AppSpecification": APPLICATION})
    assert (request.environment, request.inputs, request.outputs, request.max_runtime_seconds) == ({}, [], [], 86400)


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({}, "Arguments.AppSpecification"),
        ({"AppSpecification": {"ContainerEntrypoint": [["a"]]}}, "Arguments.AppSpecification"),
        ({"Environment": {"1 BAD": "x"}}, "Arguments.Environment.1 BAD"),
        ({"ProcessingInputs": [{"S3Input": {}}]}, "Arguments.ProcessingInputs[0].InputName"),
        ({"ProcessingInputs": [{**INPUT, "S3Input": {}}]}, "Arguments.ProcessingInputs[0].S3Input.LocalPath"),
        (
            {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "a"}]}},
            "Arguments.ProcessingOutputConfig.Outputs[0].S3Output",
        ),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": "60"}}, "Arguments.StoppingCondition.MaxRuntimeInSeconds"),
    ],
)
def test_what_is_not_as_the_service_has_it_is_told_with_its_place(arguments, place):
    whole = {"AppSpecification": APPLICATION, **arguments} if arguments else {}
    with pytest.raises(DefinitionError) as caught:
        processing_request(whole)
    assert caught.value.findings[0].where == place


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"AppSpecification": {"ImageUri": "image"}}, "RUN040"),
        ({"ProcessingInputs": [{"InputName": "a", "DatasetDefinition": {}}]}, "RUN041"),
        ({"ProcessingInputs": [{**INPUT, "S3Input": {**INPUT["S3Input"], "S3InputMode": "Pipe"}}]}, "RUN041"),
        ({"ProcessingInputs": [{**INPUT, "S3Input": {**INPUT["S3Input"], "LocalPath": "/etc"}}]}, "RUN047"),
        (
            {
                "ProcessingInputs": [
                    {**INPUT, "S3Input": {**INPUT["S3Input"], "LocalPath": "/opt/ml/processing/../../x"}}
                ]
            },
            "RUN047",
        ),
    ],
)
def test_what_this_machine_does_not_do_is_refused(arguments, code):
    with pytest.raises(RunError) as caught:
        processing_request({"AppSpecification": APPLICATION, **arguments})
    assert caught.value.code == code


def test_every_pointer_of_a_registration_is_found():
    request = {
        "InferenceSpecification": {"Containers": [{"Image": "i", "ModelDataUrl": "s3://b/m"}]},
        "SamplePayloadUrl": "s3://b/p",
        "ModelMetrics": {"ModelQuality": {"Statistics": {"S3Uri": "s3://b/s"}}},
        "More": [{"S3Uri": "s3://b/f/", "S3DataType": "S3Prefix"}],
    }
    assert pointers(request) == [
        ("ModelDataUrl", "s3://b/m", False),
        ("SamplePayloadUrl", "s3://b/p", False),
        ("S3Uri", "s3://b/s", False),
        ("S3Uri", "s3://b/f/", True),
    ]
