from __future__ import annotations

from pathlib import Path

from stepsmith import DummyTrainingConfig, Pipeline, load_pipeline
from stepsmith.rules.declared_pipeline import DeclaredPipeline

EXAMPLE = Path(__file__).parents[3] / "examples" / "pretrained-model" / "pipeline.yaml"


def test_a_pipeline_has_its_explanations_and_its_steps():
    declared = DeclaredPipeline(load_pipeline(EXAMPLE))
    assert [step.name for step in declared.built] == list(declared.explained)


def test_where_the_steps_have_no_order_nothing_is_explained(expect_error):
    pipeline = Pipeline("p")
    config = DummyTrainingConfig(pipeline_s3_loc="s3://bucket/p", region="eu-west-1")
    pipeline.add("a", config, after="b")
    pipeline.add("b", config, after="a")
    declared = DeclaredPipeline(pipeline)
    assert declared.explained == {}
    with expect_error("DAG003", "steps.a.after"):
        _ = declared.built
