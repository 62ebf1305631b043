from __future__ import annotations

import pytest

from stepsmith import DUMMY_TRAINING_CONTRACT, ScriptContract


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/opt/ml/processing/input/model/model.tar.gz", "/opt/ml/processing/input/model"),
        ("/opt/ml/processing/input/data", "/opt/ml/processing/input/data"),
    ],
)
def test_a_port_is_mounted_at_a_folder_whatever_its_path_names(path, folder):
    contract = ScriptContract(entry_point="x.py", expected_input_paths={"port": path})
    assert contract.folder("port") == folder


def test_a_contract_is_json_and_comes_back_the_same():
    assert ScriptContract.model_validate_json(DUMMY_TRAINING_CONTRACT.model_dump_json()) == DUMMY_TRAINING_CONTRACT


def test_the_declared_facts_of_dummy_training_hold():
    contract = DUMMY_TRAINING_CONTRACT
    assert contract.entry_point == "dummy_training.py"
    assert contract.ports == {
        "pretrained_model_path": "/opt/ml/processing/input/model/model.tar.gz",
        "model_output": "/opt/ml/processing/output/model",
    }
    assert contract.required_env_vars == ()
    assert list(contract.expected_arguments) == ["pretrained-model-path", "output-dir"]
    assert contract.framework_requirements == {}
