"""A drawing as an SVG of its own: no script, no font and no style from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from stepsmith.pipeline.graph.layout import LABEL_CHARACTER, LINE, NODE_HEIGHT, layout_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepsmith.pipeline.graph.drawing import GraphDrawing
    from stepsmith.pipeline.graph.layout import Box, Line

_STYLE = """
    text { font-family: Helvetica, Arial, sans-serif; text-anchor: middle; }
    .box { fill: #f4f7fb; stroke: #5b7aa6; }
    .name { font-size: 13px; font-weight: bold; fill: #1c2b3f; }
    .type { font-size: 11px; fill: #5a6472; }
    .edge { fill: none; stroke: #5b7aa6; stroke-width: 1.4; }
    .order { stroke-dasharray: 4 4; stroke: #9aa7b8; }
    .label { font-size: 11px; fill: #2f4a6d; }
    .halo { fill: #ffffff; opacity: 0.9; }
"""
_ARROW = (
    '<marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M 0 0 L 10 5 L 0 10 z" fill="#5b7aa6"/></marker>'
)


def svg_of(drawing: GraphDrawing) -> str:
    """The picture: a box for each step, and a dashed line where there is an order alone."""
    layout = layout_of(drawing)
    types = {node.name: node.type for node in drawing.nodes}
    size = (
        f'width="{layout.width:.0f}" height="{layout.height:.0f}" viewBox="0 0 {layout.width:.0f} {layout.height:.0f}"'
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(drawing.name)}</title>",
        f"<style>{_STYLE}</style>",
        f"<defs>{_ARROW}</defs>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        *(_curve(line) for line in layout.lines),
        *(part for line in layout.lines for part in _labels(line)),
        *(part for box in layout.boxes for part in _box(box, types[box.name])),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _curve(line: Line) -> str:
    kind = "edge" if line.edge.labels else "edge order"
    title = f"{line.edge.before} to {line.edge.after}"
    path = f'<path class="{kind}" d="{_path(line.points)}" marker-end="url(#arrow)">'
    return f"{path}<title>{escape(title)}</title></path>"


def _path(points: Sequence[tuple[float, float]]) -> str:
    """A curve through points that lie below each other, upright at each."""
    (x, y), *others = points
    parts = [f"M {x:.1f} {y:.1f}"]
    for below_x, below_y in others:
        middle = (y + below_y) / 2
        parts.append(f"C {x:.1f} {middle:.1f} {below_x:.1f} {middle:.1f} {below_x:.1f} {below_y:.1f}")
        x, y = below_x, below_y
    return " ".join(parts)


def _labels(line: Line) -> Iterator[str]:
    x, y = line.label_at
    first = y - (len(line.edge.labels) - 1) / 2 * LINE
    for number, label in enumerate(line.edge.labels):
        width, middle = len(label) * LABEL_CHARACTER, first + number * LINE
        yield (
            f'<rect class="halo" x="{x - width / 2:.1f}" y="{middle - LINE / 2:.1f}" width="{width:.1f}" '
            f'height="{LINE:.0f}"/>'
        )
        yield f'<text class="label" x="{x:.1f}" y="{middle + 4:.1f}">{escape(label)}</text>'


def _box(box: Box, kind: str) -> Iterator[str]:
    left, top = box.x - box.width / 2, box.y - NODE_HEIGHT / 2
    yield (
        f'<rect class="box" x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{NODE_HEIGHT:.0f}" rx="6"/>'
    )
    yield f'<text class="name" x="{box.x:.1f}" y="{box.y - 3:.1f}">{escape(box.name)}</text>'
    yield f'<text class="type" x="{box.x:.1f}" y="{box.y + 13:.1f}">{escape(kind)}</text>'
