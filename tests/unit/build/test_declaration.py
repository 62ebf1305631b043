from __future__ import annotations

from dataclasses import replace

import pytest

from stepsmith import DummyTrainingConfig, DummyTrainingStepBuilder
from stepsmith.diagnostics import StepError
from stepsmith.steps.dummy_training.step import STEP


def test_a_declaration_is_known_by_its_step_type_and_told_in_strings(snapshot):
    assert STEP.name == "DummyTraining"
    strings = STEP.as_strings()
    snapshot(strings.pop("description"))
    assert strings == {
        "config_class": "DummyTrainingConfig",
        "builder_step_name": "DummyTrainingStep",
        "spec_type": "DummyTraining",
    }


@pytest.mark.parametrize(
    "layers",
    [
        pytest.param({"specification": None}, id="no specification"),
        pytest.param({"config_class": DummyTrainingStepBuilder}, id="a builder as config"),
        pytest.param({"builder_class": DummyTrainingConfig}, id="a config as builder"),
        pytest.param({"builder_class": "DummyTrainingStepBuilder"}, id="the name of a builder"),
    ],
)
def test_what_is_no_layer_is_refused(expect_error, layers):
    with expect_error("STP002", kind=StepError):
        replace(STEP, **layers)
