from __future__ import annotations

from pathlib import Path

import pytest

from stepsmith import DUMMY_TRAINING_CONTRACT, DummyTrainingConfig
from stepsmith.diagnostics import ConfigError


def test_constructing_a_config_never_touches_the_disk():
    assert DummyTrainingConfig(pretrained_model_path="/no/such/model.tgz").pretrained_model_path


def test_a_path_object_is_admitted():
    assert DummyTrainingConfig(pretrained_model_path=Path("m.tgz")).pretrained_model_path == Path("m.tgz")


@pytest.mark.parametrize("digest", ["A" * 64, "a" * 63, "g" * 64], ids=["upper case", "too short", "not hex"])
def test_a_digest_is_lower_case_hex(digest, expect_error):
    with expect_error("STP201", "sha256", kind=ConfigError):
        DummyTrainingConfig(sha256=digest)


def test_the_contract_is_the_steps_own():
    assert DummyTrainingConfig.get_script_contract() is DUMMY_TRAINING_CONTRACT
