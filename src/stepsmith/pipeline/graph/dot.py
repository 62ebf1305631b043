"""A drawing as DOT, for Graphviz. Source: https://graphviz.org/doc/info/lang.html."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepsmith.pipeline.graph.drawing import GraphDrawing


def dot_of(drawing: GraphDrawing) -> str:
    """The digraph: a dashed line where there is an order alone."""
    lines = [
        f"digraph {_quoted(drawing.name)} {{",
        '    node [shape=box, style="rounded,filled", fillcolor="#f4f7fb", color="#5b7aa6", fontname="Helvetica"];',
        '    edge [color="#5b7aa6", fontname="Helvetica", fontsize=10];',
    ]
    lines += [f"    {_quoted(node.name)} [label={_lines((node.name, node.type))}];" for node in drawing.nodes]
    for edge in drawing.edges:
        shown = f"label={_lines(edge.labels)}" if edge.labels else "style=dashed"
        lines.append(f"    {_quoted(edge.before)} -> {_quoted(edge.after)} [{shown}];")
    return "\n".join([*lines, "}"]) + "\n"


def _lines(texts: Sequence[str]) -> str:
    return _quoted("\n".join(texts))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
