"""The layers of a drawing: each step below all that it comes after, in an order that crosses few edges."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stepsmith.pipeline.graph.drawing import GraphDrawing

# More steps than these in one layer go into the next: what is wider cannot be read on a screen.
MOST_IN_A_LAYER = 10
_SWEEPS = 12


def layers_of(drawing: GraphDrawing) -> dict[str, int]:
    """The layer of each step: below all that it comes after, at most so many in one, the longest ways first.

    Source: Coffman, Graham, "Optimal scheduling for two-processor systems", Acta Informatica 1 (1972).
    """
    before: dict[str, list[str]] = {node.name: [] for node in drawing.nodes}
    after: dict[str, list[str]] = {node.name: [] for node in drawing.nodes}
    for edge in drawing.edges:
        before[edge.after].append(edge.before)
        after[edge.before].append(edge.after)
    below: dict[str, int] = {}
    for node in reversed(drawing.nodes):  # which stand in their order
        below[node.name] = max((below[one] + 1 for one in after[node.name]), default=0)
    waits_for = {name: len(found) for name, found in before.items()}
    places = {node.name: place for place, node in enumerate(drawing.nodes)}
    ready = [(-below[name], places[name], name) for name, count in waits_for.items() if not count]
    heapify(ready)
    layers: dict[str, int] = {}
    layer = 0
    while ready:
        row = [heappop(ready)[-1] for _ in range(min(len(ready), MOST_IN_A_LAYER))]
        layers |= dict.fromkeys(row, layer)
        for name in (name for above in row for name in after[above]):
            waits_for[name] -= 1
            if not waits_for[name]:
                heappush(ready, (-below[name], places[name], name))
        layer += 1
    filled = Counter(layers.values())
    for node in reversed(drawing.nodes):  # a source stands right above the first that reads it, where there is room
        lower = min((layers[one] for one in after[node.name]), default=0) - 1
        if not before[node.name] and lower > layers[node.name] and filled[lower] < MOST_IN_A_LAYER:
            filled.update({lower: 1, layers[node.name]: -1})
            layers[node.name] = lower
    return layers


def ordered(places: Mapping[str, int], ways: Sequence[Sequence[str]]) -> list[list[str]]:
    """The places of each layer, in an order that crosses few edges: each goes to the middle of its neighbours."""
    rows: list[list[str]] = [[] for _ in range(max(places.values(), default=-1) + 1)]
    for name, layer in places.items():
        rows[layer].append(name)
    up, down = neighbours(ways)
    best, fewest = [list(row) for row in rows], _crossings(rows, down)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        order = range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1)
        for index in order:
            beside = rows[index - 1 if downwards else index + 1]
            place = {name: number for number, name in enumerate(beside)}
            near = up if downwards else down
            own = {name: number for number, name in enumerate(rows[index])}
            rows[index].sort(
                key=lambda name: (mean_of([place[one] for one in near.get(name, ())], own[name]), own[name])
            )
        crossings = _crossings(rows, down)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def neighbours(ways: Sequence[Sequence[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Of each place those above that lead to it, and those below that it leads to."""
    up: dict[str, list[str]] = {}
    down: dict[str, list[str]] = {}
    for way in ways:
        for above, below in pairwise(way):
            down.setdefault(above, []).append(below)
            up.setdefault(below, []).append(above)
    return up, down


def _crossings(rows: Sequence[Sequence[str]], down: Mapping[str, Sequence[str]]) -> int:
    found = 0
    for above, below in pairwise(rows):
        place = {name: number for number, name in enumerate(below)}
        ends: list[int] = []  # so far, sorted
        for one in (one for name in above for one in sorted(place[below] for below in down.get(name, ()))):
            found += len(ends) - bisect_right(ends, one)
            insort(ends, one)
    return found


def mean_of(places: Sequence[float], otherwise: float) -> float:
    """The mean of some places, or another where there are none."""
    return sum(places) / len(places) if places else otherwise
