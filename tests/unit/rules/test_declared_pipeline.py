from __future__ import annotations

from pathlib import Path

import pytest

from stepsmith import DummyTrainingConfig, Pipeline, load_pipeline
from stepsmith.errors import StepsmithError
from stepsmith.rules.declared_pipeline import DeclaredPipeline

EXAMPLE = Path(__file__).parents[3] / "examples" / "pretrained-model" / "pipeline.yaml"


def test_a_pipeline_has_its_explanations_and_its_steps():
    declared = DeclaredPipeline(load_pipeline(EXAMPLE))
    assert [step.name for step in declared.built] == list(declared.explained)


def test_where_the_steps_have_no_order_nothing_is_explained():
    pipeline = Pipeline("p")
    pipeline.add("a", DummyTrainingConfig(), after="b")
    pipeline.add("b", DummyTrainingConfig(), after="a")
    declared = DeclaredPipeline(pipeline)
    assert declared.explained == {}
    with pytest.raises(StepsmithError, match="DAG003"):
        _ = declared.built
