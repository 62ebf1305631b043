from __future__ import annotations

import pytest

from stepsmith import DummyTrainingConfig, DummyTrainingStepBuilder

SHARED = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x", "role": "arn:role"}


@pytest.fixture
def request_of(model_archive):
    """The request that DummyTraining's step becomes, with the given config."""

    def make(**config):
        config = {"pretrained_model_path": str(model_archive()), **SHARED, **config}
        return DummyTrainingStepBuilder(DummyTrainingConfig(**config)).create_step(step_name="model")

    return make
