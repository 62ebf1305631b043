from __future__ import annotations

import pytest

from stepsmith import DummyTrainingConfig, ModelPackagingConfig, PayloadConfig, Pipeline, TabularPreprocessingConfig
from stepsmith.pipeline.compilation import Compilation
from stepsmith.pipeline.graph.drawing import Edge, Node, drawing_of
from stepsmith.pipeline.passes import resolve, run


@pytest.fixture
def pipeline():
    made = Pipeline("p")
    made.add("prepare", TabularPreprocessingConfig(data="no-such.csv", label="x"))
    made.add("model", DummyTrainingConfig(pretrained_model_path="no-such"), after="prepare")
    made.add("package", ModelPackagingConfig(code="no-such"), after=["model", "prepare"])
    made.add("payload", PayloadConfig(), after="package")
    return made


def drawn(pipeline):
    return drawing_of(run(Compilation(pipeline=pipeline), resolve))


def test_edges_say_what_is_handed_over_and_which_are_there_for_the_order(pipeline):
    drawing = drawn(pipeline)
    assert drawing.nodes[0] == Node("prepare", "TabularPreprocessing")
    assert [node.name for node in drawing.nodes] == ["prepare", "model", "package", "payload"]
    assert drawing.edges == (
        Edge("prepare", "model"),
        Edge("model", "package", ("model_output → model_input",)),
        Edge("package", "payload"),
        Edge("prepare", "payload", ("test → samples",)),
    )


def test_a_name_that_both_have_is_written_once(pipeline):
    pipeline.add("again", DummyTrainingConfig(), inputs={"pretrained_model_path": "package.packaged_model"})
    pipeline.add("same", PayloadConfig(), inputs={"samples": "prepare.test"})
    edges = {(edge.before, edge.after): edge.labels for edge in drawn(pipeline).edges}
    assert edges["package", "again"] == ("packaged_model → pretrained_model_path",)
