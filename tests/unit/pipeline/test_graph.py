from __future__ import annotations

import pytest

from stepsmith import DummyTrainingConfig, ModelPackagingConfig, PayloadConfig, Pipeline, TabularPreprocessingConfig
from stepsmith.pipeline.compilation import Compilation
from stepsmith.pipeline.graph import Edge, GraphDrawing, dot_of, drawing_of, mermaid_of
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
    assert drawing.types["prepare"] == "TabularPreprocessing"
    assert list(drawing.types) == ["prepare", "model", "package", "payload"]
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


def test_the_digraph_has_its_steps_and_edges():
    types = {"a-1": "T", 'b"': "U", "c": "U"}
    text = dot_of(GraphDrawing("p", types, (Edge("a-1", 'b"', ("x", "y")), Edge('b"', "c"))))
    lines = [line.strip() for line in text.splitlines()]
    assert (lines[0], lines[-1]) == ('digraph "p" {', "}")
    assert r'"b\"" [label="b\"\nU"];' in lines
    assert r'"a-1" -> "b\"" [label="x\ny"];' in lines
    assert r'"b\"" -> "c" [style=dashed];' in lines


def test_the_flowchart_has_its_steps_and_edges():
    types = {"a-1": "T", "b": "U", "c": "U"}
    edges = (Edge("a-1", "b", ("x", 'y → "z"')), Edge("b", "c"))
    assert mermaid_of(GraphDrawing("p", types, edges)) == (
        "flowchart TB\n"
        '    s0["a-1<br/><small>T</small>"]\n'
        '    s1["b<br/><small>U</small>"]\n'
        '    s2["c<br/><small>U</small>"]\n'
        '    s0 -->|"x<br/>y → &quot;z&quot;"| s1\n'
        "    s1 -.-> s2\n"
    )
