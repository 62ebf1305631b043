"""The graph of a pipeline as a picture: its steps, and between them what one hands to the other; as DOT and Mermaid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepsmith.pipeline.compilation import Compilation


@dataclass(frozen=True, slots=True)
class Node:
    """A step: its name and its type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A step that comes before another, and what it hands to it: each as `output`, or `output → input`.

    With nothing to hand over it is there for the order alone.
    """

    before: str
    after: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphDrawing:
    """The steps in their order, and the edges between them."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def drawing_of(compilation: Compilation) -> GraphDrawing:
    """What a picture of a pipeline shows. An edge of `after` that others imply, and that hands nothing on, is left out.

    It needs the passes up to `resolve`.
    """
    dag = compilation.dag
    edges: list[Edge] = []
    for name, explanations in compilation.resolved.items():
        labels: dict[str, list[str]] = {}
        for explanation in explanations:
            source, port = explanation.source, explanation.dependency.logical_name
            if source and source.provider and source.output:
                output = source.output.logical_name
                label = output if output == port else f"{output} → {port}"
                labels.setdefault(source.provider.name, []).append(label)
        direct = dag.predecessors(name)
        implied = {far for near in direct for far in dag.upstream(near)} if len(direct) > 1 else set()
        edges += [
            Edge(before, name, tuple(labels.get(before, ())))
            for before in sorted(labels.keys() | (set(direct) - implied))
        ]
    nodes = tuple(Node(name, compilation.steps[name].step_type) for name in compilation.resolved)
    return GraphDrawing(compilation.pipeline.name if compilation.pipeline else "", nodes, tuple(edges))


def dot_of(drawing: GraphDrawing) -> str:
    """The graph as DOT, for Graphviz. Source: https://graphviz.org/doc/info/lang.html.

    An edge that only sets the order is dashed.
    """
    lines = [
        f"digraph {_quoted(drawing.name)} {{",
        '    node [shape=box, style="rounded,filled", fillcolor="#f4f7fb", color="#5b7aa6", fontname="Helvetica"];',
        '    edge [color="#5b7aa6", fontname="Helvetica", fontsize=10];',
    ]
    lines += [f"    {_quoted(node.name)} [label={_lines((node.name, node.type))}];" for node in drawing.nodes]
    for edge in drawing.edges:
        attribute = f"label={_lines(edge.labels)}" if edge.labels else "style=dashed"
        lines.append(f"    {_quoted(edge.before)} -> {_quoted(edge.after)} [{attribute}];")
    return "\n".join([*lines, "}"]) + "\n"


def _lines(texts: Sequence[str]) -> str:
    return _quoted("\n".join(texts))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def mermaid_of(drawing: GraphDrawing) -> str:
    """The graph as Mermaid, which GitHub, GitLab and many editors show. An edge that only sets the order is dotted.

    Source: https://mermaid.js.org/syntax/flowchart.html.
    """
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
