from __future__ import annotations

from dataclasses import replace

import pytest

from stepsmith import DummyTrainingConfig, DummyTrainingStepBuilder
from stepsmith.errors import StepError
from stepsmith.steps.dummy_training import STEP


def test_a_declaration_is_known_by_its_step_type_and_told_in_strings():
    assert STEP.name == "DummyTraining"
    strings = STEP.as_strings()
    assert strings.pop("description").startswith("Takes a pretrained model.tar.gz")
    assert strings == {
        "config_class": "DummyTrainingConfig",
        "builder_step_name": "DummyTrainingStep",
        "spec_type": "DummyTraining",
    }


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ({"specification": None}, "specification is to be a StepSpecification, and is None"),
        ({"config_class": DummyTrainingStepBuilder}, "config_class is to be a class derived from BasePipelineConfig"),
        ({"builder_class": DummyTrainingConfig}, "builder_class is to be a class derived from StepBuilderBase"),
        ({"builder_class": "DummyTrainingStepBuilder"}, "and is 'DummyTrainingStepBuilder'"),
    ],
)
def test_what_is_no_layer_is_refused(layers, told):
    with pytest.raises(StepError, match=told) as caught:
        replace(STEP, **layers)
    assert caught.value.code == "STP002"
