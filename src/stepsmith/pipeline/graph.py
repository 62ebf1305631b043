"""The graph of a pipeline as a picture: its steps, and between them what one hands to the other; as DOT and Mermaid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.pipeline.compilation import Compilation


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
    """The type of each step, by its name and in the order of the steps, and the edges between them."""

    name: str
    types: Mapping[str, str]
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
    types = {name: compilation.steps[name].step_type for name in compilation.resolved}
    return GraphDrawing(compilation.pipeline.name if compilation.pipeline else "", types, tuple(edges))


def dot_of(drawing: GraphDrawing) -> str:
    """The graph as DOT, for Graphviz. Source: https://graphviz.org/doc/info/lang.html.

    An edge that only sets the order is dashed.
    """
    lines = [
        f"digraph {_quoted(drawing.name)} {{",
        '    node [shape=box, style="rounded,filled", fillcolor="#f4f7fb", color="#5b7aa6", fontname="Helvetica"];',
        '    edge [color="#5b7aa6", fontname="Helvetica", fontsize=10];',
    ]
    lines += [f"    {_quoted(name)} [label={_quoted(name, kind)}];" for name, kind in drawing.types.items()]
    for edge in drawing.edges:
        attribute = f"label={_quoted(*edge.labels)}" if edge.labels else "style=dashed"
        lines.append(f"    {_quoted(edge.before)} -> {_quoted(edge.after)} [{attribute}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(*lines: str) -> str:
    escaped = "\n".join(lines).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def mermaid_of(drawing: GraphDrawing) -> str:
    """The graph as Mermaid, which GitHub, GitLab and many editors show. An edge that only sets the order is dotted.

    Source: https://mermaid.js.org/syntax/flowchart.html.
    """
    ids = {name: f"s{number}" for number, name in enumerate(drawing.types)}
    lines = ["flowchart TB"]
    lines += [
        f'    {ids[name]}["{_escaped(name)}<br/><small>{_escaped(kind)}</small>"]'
        for name, kind in drawing.types.items()
    ]
    for edge in drawing.edges:
        label = f'|"{"<br/>".join(map(_escaped, edge.labels))}"|' if edge.labels else ""
        arrow = "-->" if edge.labels else "-.->"
        lines.append(f"    {ids[edge.before]} {arrow}{label} {ids[edge.after]}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
