from __future__ import annotations

from stepsmith.pipeline.graph.drawing import Edge, GraphDrawing, Node
from stepsmith.pipeline.graph.mermaid import mermaid_of


def test_the_flowchart_has_its_steps_and_edges():
    nodes = (Node("a-1", "T"), Node("b", "U"), Node("c", "U"))
    edges = (Edge("a-1", "b", ("x", 'y → "z"')), Edge("b", "c"))
    assert mermaid_of(GraphDrawing("p", nodes, edges)) == (
        "flowchart TB\n"
        '    s0["a-1<br/><small>T</small>"]\n'
        '    s1["b<br/><small>U</small>"]\n'
        '    s2["c<br/><small>U</small>"]\n'
        '    s0 -->|"x<br/>y → &quot;z&quot;"| s1\n'
        "    s1 -.-> s2\n"
    )
