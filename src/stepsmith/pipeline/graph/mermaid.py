"""A drawing as Mermaid, which GitHub, GitLab and many editors show. Source: https://mermaid.js.org/syntax/flowchart.html."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepsmith.pipeline.graph.drawing import GraphDrawing


def mermaid_of(drawing: GraphDrawing) -> str:
    """The flowchart: a dotted line where there is an order alone."""
    ids = {node.name: f"s{number}" for number, node in enumerate(drawing.nodes)}
    lines = ["flowchart TB"]
    lines += [
        f'    {ids[node.name]}["{_escaped(node.name)}<br/><small>{_escaped(node.type)}</small>"]'
        for node in drawing.nodes
    ]
    for edge in drawing.edges:
        label = f'|"{"<br/>".join(map(_escaped, edge.labels))}"|' if edge.labels else ""
        arrow = "-->" if edge.labels else "-.->"
        lines.append(f"    {ids[edge.before]} {arrow}{label} {ids[edge.after]}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
