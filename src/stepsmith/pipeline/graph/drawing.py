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
class GraphDrawing:
    """The steps in their order, and the edges between them."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def drawing_of(compilation: Compilation) -> GraphDrawing:
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
    places = {name: place for place, name in enumerate(explained)}
    further = _further(places, after)
    needed = [edge for edge in ordered if not further[edge[0]] >> places[edge[1]] & 1]
    edges = sorted([*handed, *needed], key=lambda edge: (places[edge[1]], edge[0]))
    return GraphDrawing(
        compilation.pipeline.name if compilation.pipeline else "",
        tuple(Node(name, compilation.steps[name].step_type) for name in explained),
        tuple(Edge(before, after, tuple(handed.get((before, after), ()))) for before, after in edges),
    )


def _further(places: dict[str, int], after: Mapping[str, list[str]]) -> dict[str, int]:
    """Of each step those that a way of several edges leads to, a bit each; `places` has the steps in their order."""
    further: dict[str, int] = {}
    below: dict[str, int] = {}
    for name in reversed(places):
        direct, further[name] = 0, 0
        for one in after.get(name, ()):
            direct |= 1 << places[one]
            further[name] |= below[one]
        below[name] = direct | further[name]
    return further
