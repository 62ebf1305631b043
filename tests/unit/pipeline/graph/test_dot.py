from __future__ import annotations

from stepsmith.pipeline.graph.dot import dot_of
from stepsmith.pipeline.graph.drawing import Edge, GraphDrawing, Node


def test_the_digraph_has_its_steps_and_edges():
    nodes = (Node("a-1", "T"), Node('b"', "U"), Node("c", "U"))
    text = dot_of(GraphDrawing("p", nodes, (Edge("a-1", 'b"', ("x", "y")), Edge('b"', "c"))))
    lines = [line.strip() for line in text.splitlines()]
    assert (lines[0], lines[-1]) == ('digraph "p" {', "}")
    assert r'"b\"" [label="b\"\nU"];' in lines
    assert r'"a-1" -> "b\"" [label="x\ny"];' in lines
    assert r'"b\"" -> "c" [style=dashed];' in lines
