from __future__ import annotations

import pytest

from stepsmith import Get
from stepsmith.build.step_request import StepInputs
from stepsmith.resolve.resolver import ALIAS, WIRED, WRITTEN, Source


@pytest.fixture
def prepare(built):
    return built("prepare", train=())


@pytest.fixture
def inputs(prepare):
    return StepInputs(
        "fit",
        {
            "train": Source(ALIAS, prepare, prepare.specification.outputs[0]),
            "test": Source(WIRED, reference=Get("Steps.theirs.ProcessingJobArn")),
            "labels": Source(WRITTEN),
        },
    )


def test_a_step_says_where_it_left_an_output(prepare):
    path = "Steps.prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"
    assert prepare.location(prepare.specification.outputs[0]) == Get(path)


def test_an_input_is_where_the_step_that_fills_it_left_it(inputs, prepare):
    assert inputs.step("train") is prepare
    assert inputs.location("train") == prepare.location(prepare.specification.outputs[0])


def test_an_input_that_a_reference_fills_is_there(inputs):
    assert inputs.step("test") is None
    assert inputs.location("test") == Get("Steps.theirs.ProcessingJobArn")


@pytest.mark.parametrize("name", ["labels", "unknown"])
def test_what_no_step_fills_is_nowhere(inputs, name):
    assert (inputs.step(name), inputs.location(name)) == (None, None)
