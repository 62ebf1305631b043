from __future__ import annotations

from pathlib import Path

import pytest

from stepsmith import load_pipeline
from stepsmith.definition.parse import parse
from stepsmith.layers.config import ProcessingStepConfigBase
from stepsmith.pipeline.fields import _FIELDS, written_at
from stepsmith.steps.model_registration.config import ModelRegistrationConfig

EXAMPLE = Path(__file__).parents[3] / "examples" / "pretrained-model" / "pipeline.yaml"


def test_each_field_is_one_that_a_config_has():
    assert set(_FIELDS.values()) <= {*ProcessingStepConfigBase.model_fields, *ModelRegistrationConfig.model_fields}


@pytest.mark.parametrize(
    ("where", "likeliest"),
    [
        ("steps.a.Arguments.InferenceSpecification.Containers[0].Image", ("steps", "a", "image_uri")),
        ("steps.a.Arguments.NetworkConfig.VpcConfig.Subnets[1]", ("steps", "a", "subnets", "1")),
        ("steps.a.Arguments.CustomerMetadataProperties['x y']", ("steps", "a", "metadata", "x y")),
        ("steps.a.Arguments.Tags[0].Key", ("steps", "a", "tags", "0")),
        ("steps.a.Arguments.TagsOfMine", None),
        ("steps.a.Arguments.AppSpecification", None),
        ("steps.a.env", None),
        ("", None),
    ],
)
def test_an_argument_is_written_in_its_field(where, likeliest):
    assert next(iter(written_at(where)), None) == likeliest


def test_the_arguments_of_our_requests_are_those_that_are_known():
    steps = {step.name: step.arguments for step in parse(load_pipeline(EXAMPLE).compile().definition).steps}
    for member in ("RoleArn", "AppSpecification.ImageUri", "StoppingCondition.MaxRuntimeInSeconds"):
        value = steps["model"]
        for part in member.split("."):
            value = value[part]
