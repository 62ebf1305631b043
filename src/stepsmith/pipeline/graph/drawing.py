"""What a picture of a pipeline shows: its steps, and between them what one hands to the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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
class Drawing:
    """The steps in their order, and the edges between them."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def drawing_of(compilation: Compilation) -> Drawing:
    """What a picture of a pipeline shows; an edge of `after` that others imply, and that hands nothing on, is left out.

    It needs the passes up to `resolve`.
    """
    explained = compilation.resolved
    handed: dict[tuple[str, str], list[str]] = {}
    for name, found in explained.items():
        for one in found:
            if one.source and one.source.provider and one.source.output:
                output, port = one.source.output.logical_name, one.dependency.logical_name
                label = output if output == port else f"{output} → {port}"
                handed.setdefault((one.source.provider.name, name), []).append(label)
    ordered = [edge for edge in compilation.dag.edges if edge not in handed]
    after: dict[str, list[str]] = {}
    for before, other in [*handed, *ordered]:
        after.setdefault(before, []).append(other)
    needed = [edge for edge in ordered if not _is_implied(edge, after)]
    places = {name: place for place, name in enumerate(explained)}
    edges = sorted([*handed, *needed], key=lambda edge: (places[edge[1]], edge[0]))
    return Drawing(
        compilation.pipeline.name if compilation.pipeline else "",
        tuple(Node(name, compilation.steps[name].step_type) for name in explained),
        tuple(Edge(before, after, tuple(handed.get((before, after), ()))) for before, after in edges),
    )


def _is_implied(edge: tuple[str, str], after: Mapping[str, list[str]]) -> bool:
    """Whether its end is reached from its beginning by a way of several edges."""
    reached: set[str] = set()
    waiting = [name for name in after[edge[0]] if name != edge[1]]
    while waiting:
        for name in after.get(waiting.pop(), ()):
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    return edge[1] in reached
