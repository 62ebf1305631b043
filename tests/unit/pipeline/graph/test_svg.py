from __future__ import annotations

from xml.etree import ElementTree as ET

from stepsmith.pipeline.graph.drawing import Edge, GraphDrawing, Node
from stepsmith.pipeline.graph.svg import svg_of

SVG = "{http://www.w3.org/2000/svg}"
NODES = (Node("a", "Processing<x>"), Node("b", "Processing"), Node("c", "Processing"))
DRAWING = GraphDrawing("p & q", NODES, (Edge("a", "b", ("model → input", "more")), Edge("b", "c")))


def picture():
    return ET.fromstring(svg_of(DRAWING))  # noqa: S314 - it was made here


def texts(kind):
    return [text.text for text in picture().iter(f"{SVG}text") if text.get("class") == kind]


def test_each_step_has_its_name_and_its_type():
    assert texts("name") == ["a", "b", "c"]
    assert texts("type") == ["Processing<x>", "Processing", "Processing"]


def test_each_label_is_on_its_edge_and_what_is_there_for_the_order_is_dashed():
    assert texts("label") == ["model → input", "more"]
    paths = [path for path in picture().iter(f"{SVG}path") if path.get("class")]
    assert [path.get("class") for path in paths] == ["edge", "edge order"]


def test_it_needs_nothing_from_elsewhere():
    text = svg_of(DRAWING).replace("http://www.w3.org/2000/svg", "")
    assert [word for word in ("http", "@import", "<script", "<image", "href") if word in text] == []


def test_it_has_the_size_that_it_says():
    svg = picture()
    assert svg.get("viewBox") == f"0 0 {svg.get('width')} {svg.get('height')}"
