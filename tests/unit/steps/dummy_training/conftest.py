from __future__ import annotations

import pytest

from stepsmith import DummyTrainingConfig, DummyTrainingStepBuilder


@pytest.fixture
def build(tmp_path):
    """Builds the step of a model at a path below tmp_path."""

    def make(path, **config):
        shared = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x"}
        config = DummyTrainingConfig(pretrained_model_path=path, **shared, **config)
        return DummyTrainingStepBuilder(config, base_dir=tmp_path).create_step()

    return make
