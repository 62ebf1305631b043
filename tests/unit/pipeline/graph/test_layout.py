from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepsmith.pipeline.graph.drawing import Edge, GraphDrawing, Node
from stepsmith.pipeline.graph.layout import LABEL_CHARACTER, LINE, NODE_HEIGHT, layout_of

WORDS = ("model", "packaged_model → PackagedModel")
# All lists of at most two words: drawing one of them is twice as fast as drawing a list.
LABELS = [labels for count in range(3) for labels in product(WORDS, repeat=count)]


@st.composite
def drawings(draw):
    count = draw(st.integers(1, 30))
    nodes = tuple(Node(f"step-{number}" + "x" * draw(st.integers(0, 20)), "Processing") for number in range(count))
    edges = tuple(
        Edge(nodes[before].name, nodes[after].name, draw(st.sampled_from(LABELS)))
        for after in range(1, count)
        for before in sorted(draw(st.sets(st.integers(0, after - 1), max_size=3)))
    )
    return GraphDrawing("p", nodes, edges)


def rectangle(x, y, width, height):
    return x - width / 2, x + width / 2, y - height / 2, y + height / 2


def touch(one, other):
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def boxes_of(layout):
    return {box.name: rectangle(box.x, box.y, box.width, NODE_HEIGHT) for box in layout.boxes}


def labels_of(layout):
    return [
        rectangle(*line.label_at, max(map(len, line.edge.labels)) * LABEL_CHARACTER, len(line.edge.labels) * LINE)
        for line in layout.lines
        if line.edge.labels
    ]


@settings(max_examples=60)
@given(drawings())
def test_no_two_boxes_touch_no_two_labels_and_no_label_a_box(drawing):
    layout = layout_of(drawing)
    boxes, labels = list(boxes_of(layout).values()), labels_of(layout)
    assert not any(touch(one, other) for one, other in combinations(boxes, 2))
    assert not any(touch(one, other) for one, other in combinations(labels, 2))
    assert not any(touch(label, box) for label in labels for box in boxes)


@settings(max_examples=60)
@given(drawings())
def test_each_step_stands_below_all_that_it_comes_after_and_all_is_in_the_picture(drawing):
    layout = layout_of(drawing)
    boxes = boxes_of(layout)
    assert set(boxes) == {node.name for node in drawing.nodes}
    for line in layout.lines:
        assert boxes[line.edge.before][3] < boxes[line.edge.after][2]
        assert line.points[0][1] == boxes[line.edge.before][3]
        assert line.points[-1][1] == pytest.approx(boxes[line.edge.after][2])
        assert [y for _, y in line.points] == sorted(y for _, y in line.points)
    for left, right, top, bottom in [*boxes.values(), *labels_of(layout)]:
        assert left >= 0
        assert right <= layout.width
        assert top >= 0
        assert bottom <= layout.height


@settings(max_examples=20)
@given(drawings())
def test_the_same_drawing_has_the_same_layout(drawing):
    assert layout_of(drawing) == layout_of(drawing)


def test_an_edge_that_passes_a_layer_goes_around_what_stands_there():
    nodes = tuple(Node(name, "T") for name in "abc")
    layout = layout_of(GraphDrawing("p", nodes, (Edge("a", "b"), Edge("b", "c"), Edge("a", "c"))))
    (long,) = [line for line in layout.lines if len(line.points) == 3]
    left, right, top, bottom = boxes_of(layout)["b"]
    x, y = long.points[1]
    assert top < y < bottom
    assert not left <= x <= right


def test_a_source_stands_right_above_what_reads_it():
    nodes = tuple(Node(name, "T") for name in ("a", "b", "late", "c"))
    layout = layout_of(GraphDrawing("p", nodes, (Edge("a", "b"), Edge("b", "c"), Edge("late", "c"))))
    rows = {box.name: box.y for box in layout.boxes}
    assert rows["late"] == rows["b"]
