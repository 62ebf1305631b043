from __future__ import annotations

from pathlib import Path

import pytest

from stepsmith import DummyTrainingConfig, ModelPackagingConfig, Pipeline, TabularPreprocessingConfig
from stepsmith.diagnostics import DagError
from stepsmith.layers.resolver import WRITTEN, Source
from stepsmith.pipeline.compiler import build_steps
from stepsmith.pipeline.document import load_pipeline
from stepsmith.pipeline.explanation import explain_pipeline

CONFIG = str(Source(WRITTEN))
EXAMPLE = Path(__file__).parents[3] / "examples" / "pretrained-model" / "pipeline.yaml"


@pytest.fixture
def pipeline(tmp_path):
    made = Pipeline("p", region="eu-west-1", pipeline_s3_loc="s3://bucket/p", base_dir=tmp_path)
    made.add("prepare", TabularPreprocessingConfig(data="no-such-file.csv", label="x"))
    made.add("model", DummyTrainingConfig(pretrained_model_path="no-such-model.tar.gz"), after="prepare")
    made.add("package", ModelPackagingConfig(code="no-such-code"), after="model")
    return made


def sources(pipeline):
    return {
        step: {one.dependency.logical_name: str(one.source) for one in found}
        for step, found in explain_pipeline(pipeline).items()
    }


def test_each_input_has_its_source_though_no_file_is_there(pipeline):
    assert sources(pipeline) == {
        "prepare": {},
        "model": {"pretrained_model_path": CONFIG},
        "package": {"model_input": "model.model_output"},
    }


def test_it_is_what_the_compiler_has_filled():
    example = load_pipeline(EXAMPLE)
    explained = sources(example)
    built = build_steps(example)
    assert explained == {one.name: {name: str(source) for name, source in one.sources.items()} for one in built}


def test_what_a_wire_settles_is_told(pipeline):
    pipeline.add("other", DummyTrainingConfig(), inputs={"pretrained_model_path": "prepare.train"})
    assert sources(pipeline)["other"] == {"pretrained_model_path": "prepare.train"}


def test_an_input_that_nothing_fills_is_told_with_what_would(snapshot, pipeline):
    pipeline.add("alone", ModelPackagingConfig(code="x"))
    ((found,),) = [found for step, found in explain_pipeline(pipeline).items() if step == "alone"]
    assert found.error.code == "RES001"
    snapshot(found.error)


def test_steps_that_wait_for_each_other_are_an_error(expect_error, pipeline):
    pipeline.add("other", ModelPackagingConfig(code="x"), after="last")
    pipeline.add("last", ModelPackagingConfig(code="x"), after="other")
    with expect_error("DAG003", "steps.other.after", kind=DagError):
        explain_pipeline(pipeline)
