from __future__ import annotations

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
