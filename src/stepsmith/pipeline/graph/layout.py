"""Where the steps and edges of a drawing stand: layers from above to below, each step under all that it comes after.

The method is Sugiyama's: layers by the longest way, places for long edges in the layers that they pass, an order within
each layer that crosses few edges, and then coordinates. Source: Sugiyama, Tagawa, Toda, "Methods for Visual
Understanding of Hierarchical System Structures", IEEE Transactions on Systems, Man, and Cybernetics 11 (1981).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from stepsmith.pipeline.graph.layers import layers_of, mean_of, neighbours, ordered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stepsmith.pipeline.graph.drawing import Edge, GraphDrawing

CHARACTER, NODE_HEIGHT, LINE, LABEL_CHARACTER = 7.2, 42.0, 14.0, 6.2
_PADDING, _BETWEEN, _GAP, _MARGIN, _PASSING, _ARROW_HEIGHT = 28.0, 30.0, 30.0, 24.0, 6.0, 12.0
_BESIDE_PASSING = 12.0
# How much higher a gap is for each pixel that an edge in it goes aside, and how high at most.
_STEEPNESS, _MOST_GAP = 0.12, 220.0
_SWEEPS = 12


@dataclass(slots=True)
class Box:
    """A step, or the place of an edge that passes its layer; its middle and its width."""

    name: str
    layer: int
    width: float
    x: float = 0.0
    y: float = 0.0
    is_step: bool = True


@dataclass(slots=True)
class Line:
    """An edge: the points that it goes through, and where its labels stand."""

    edge: Edge
    points: list[tuple[float, float]]
    label_at: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """The boxes of the steps and the lines between them, within a width and a height."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


def layout_of(drawing: GraphDrawing) -> Layout:
    """The layout of a drawing, in pixels; no two boxes touch, and no two labels of one gap."""
    types = {node.name: node.type for node in drawing.nodes}
    layers = layers_of(drawing)
    boxes = {name: Box(name, layers[name], max(len(name), len(types[name])) * CHARACTER + _PADDING) for name in types}
    ways = [_way(edge, layers, boxes) for edge in drawing.edges]
    rows = ordered({name: box.layer for name, box in boxes.items()}, ways)
    _set_x(rows, ways, boxes)
    lines = _lines(drawing.edges, ways, boxes, rows)
    spans = [(box.x - box.width / 2, box.x + box.width / 2) for box in boxes.values()]
    spans += [_span(line.edge, line.label_at[0]) for line in lines if line.edge.labels]
    left, right = min((one for one, _ in spans), default=0.0), max((one for _, one in spans), default=0.0)
    _move(boxes.values(), lines, _MARGIN - left)
    height = max((box.y for box in boxes.values()), default=0.0) + NODE_HEIGHT / 2 + _MARGIN
    return Layout(tuple(box for box in boxes.values() if box.is_step), tuple(lines), right - left + 2 * _MARGIN, height)


def _move(boxes: Iterable[Box], lines: Iterable[Line], by: float) -> None:
    for box in boxes:
        box.x += by
    for line in lines:
        line.points = [(x + by, y) for x, y in line.points]
        line.label_at = (line.label_at[0] + by, line.label_at[1])


def _way(edge: Edge, layers: Mapping[str, int], boxes: dict[str, Box]) -> list[str]:
    """The boxes that an edge goes through; those of the layers that it passes are made."""
    way = [edge.before]
    for layer in range(layers[edge.before] + 1, layers[edge.after]):
        name = f"\0{edge.before}\0{edge.after}\0{layer}"
        boxes[name] = Box(name, layer, _PASSING, is_step=False)
        way.append(name)
    return [*way, edge.after]


def _set_x(rows: Sequence[Sequence[str]], ways: Sequence[Sequence[str]], boxes: Mapping[str, Box]) -> None:
    """Gives each box its x: near the middle of its neighbours, in the order of its layer, and apart from the others."""
    for row in rows:
        _apart(row, boxes, dict.fromkeys(row, 0.0))
    up, down = neighbours(ways)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        near = up if downwards else down
        for row in rows if downwards else reversed(rows):
            wanted = {name: mean_of([boxes[one].x for one in near.get(name, ())], boxes[name].x) for name in row}
            _apart(row, boxes, wanted)


def _apart(row: Sequence[str], boxes: Mapping[str, Box], wanted: Mapping[str, float]) -> None:
    """Puts the boxes of a layer as near to where they are wanted as they can be, each beside the one before.

    Those that would overlap are put together as one block, whose middle is where they are wanted on the average.
    """
    blocks: list[tuple[list[str], float, float]] = []  # names, left, width
    for name in row:
        names, width = [name], boxes[name].width
        left = wanted[name] - width / 2
        while blocks and blocks[-1][1] + blocks[-1][2] + _between(blocks[-1][0][-1], names[0], boxes) > left:
            others, other_left, other_width = blocks.pop()
            total = len(others) + len(names)
            middle = (other_left + other_width / 2) * len(others) + (left + width / 2) * len(names)
            width += other_width + _between(others[-1], names[0], boxes)
            names = [*others, *names]
            left = middle / total - width / 2
        blocks.append((names, left, width))
    for names, left, _ in blocks:
        x = left
        for before, name in zip([None, *names], names, strict=False):
            x += _between(before, name, boxes) if before is not None else 0
            boxes[name].x = x + boxes[name].width / 2
            x += boxes[name].width


def _between(one: str, other: str, boxes: Mapping[str, Box]) -> float:
    """How far two boxes of a layer are apart: what only passes needs less room."""
    return _BETWEEN if boxes[one].is_step and boxes[other].is_step else _BESIDE_PASSING


def _lines(
    edges: Sequence[Edge], ways: Sequence[Sequence[str]], boxes: Mapping[str, Box], rows: Sequence[Sequence[str]]
) -> list[Line]:
    """The edges, with the layers so far apart that the labels of each gap have room above the steps that they lead to.

    And so far that what reaches far to the side is no flat line.
    """
    into: list[list[int]] = [[] for _ in rows]
    for number in sorted(range(len(edges)), key=lambda number: (boxes[ways[number][-1]].x, boxes[ways[number][-2]].x)):
        if edges[number].labels:
            into[boxes[ways[number][-1]].layer].append(number)
    aside = [0.0 for _ in rows]
    for above, below in (pair for way in ways for pair in pairwise(way)):
        layer = boxes[below].layer
        aside[layer] = max(aside[layer], abs(boxes[above].x - boxes[below].x))
    labels: dict[int, tuple[float, float]] = {}
    y = _MARGIN + NODE_HEIGHT / 2
    for layer, row in enumerate(rows):
        if layer:
            ends = {number: (boxes[ways[number][-2]].x, boxes[ways[number][-1]].x) for number in into[layer]}
            least = min(_GAP + LINE + aside[layer] * _STEEPNESS, _MOST_GAP)
            gap, found = _placed(edges, ends, least)
            y += NODE_HEIGHT + gap
            labels |= {number: (x, y - NODE_HEIGHT / 2 - up) for number, (x, up) in found.items()}
        for name in row:
            boxes[name].y = y
    return [
        Line(edge, _points(way, boxes), labels.get(number, (0.0, 0.0)))
        for number, (edge, way) in enumerate(zip(edges, ways, strict=True))
    ]


def _points(way: Sequence[str], boxes: Mapping[str, Box]) -> list[tuple[float, float]]:
    """Where an edge leaves its step, the places that it passes, and where it comes to the other."""
    first, *between, last = [boxes[name] for name in way]
    half = NODE_HEIGHT / 2
    return [(first.x, first.y + half), *((box.x, box.y) for box in between), (last.x, last.y - half)]


def _placed(
    edges: Sequence[Edge], ends: Mapping[int, tuple[float, float]], height: float
) -> tuple[float, dict[int, tuple[float, float]]]:
    """The height of a gap, which is `height` at least, and where each label is: its x, and how far above the lower end.

    `ends` are the edges' x at the upper and the lower end. A label stands on its edge, in the lowest row where it
    touches no other; where the rows are too many for the height, it is tried anew with more.
    """
    while True:
        taken: list[tuple[float, float, float, float]] = []
        found: dict[int, tuple[float, float]] = {}
        for number, (above, below) in ends.items():
            tall, up = len(edges[number].labels) * LINE, _ARROW_HEIGHT
            while True:
                middle = up + tall / 2
                x = _on_curve(above, below, max(0.0, 1 - middle / height))
                place = (*_span(edges[number], x), up, up + tall)
                if not any(_touch(place, other) for other in taken):
                    break
                up += LINE
            taken.append(place)
            found[number] = (x, middle)
        needed = max((top for *_, top in taken), default=0.0) + _GAP / 2
        if needed <= height:
            return height, found
        height = needed


def _touch(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Whether two rectangles touch, each by its left, right, lower and upper side."""
    return one[0] < other[1] and one[1] > other[0] and one[2] < other[3] and one[3] > other[2]


def _span(edge: Edge, x: float) -> tuple[float, float]:
    """From where to where an edge's labels reach when their middle is at x."""
    half = max((len(label) for label in edge.labels), default=0) * LABEL_CHARACTER / 2 + 4
    return x - half, x + half


def _on_curve(above: float, below: float, fraction: float) -> float:
    """The x of a curve between two points, both ends upright as `svg` draws it, at a fraction of its height."""
    low, high = 0.0, 1.0
    for _ in range(20):
        part = (low + high) / 2
        low, high = (part, high) if 1.5 * part * (1 - part) + part**3 < fraction else (low, part)
    part = (low + high) / 2
    return above + (below - above) * (3 * (1 - part) * part**2 + part**3)
