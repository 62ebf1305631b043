from __future__ import annotations

from collections import Counter

from stepsmith.pipeline.graph.drawing import Edge, GraphDrawing, Node
from stepsmith.pipeline.graph.layers import MOST_IN_A_LAYER, layers_of, mean_of, neighbours, ordered


def drawing(names, *edges):
    return GraphDrawing("p", tuple(Node(name, "T") for name in names), tuple(Edge(*edge) for edge in edges))


def test_each_step_stands_below_all_that_it_comes_after():
    assert layers_of(drawing("abcd", ("a", "b"), ("b", "c"), ("a", "c"), ("a", "d"))) == {
        "a": 0,
        "b": 1,
        "c": 2,
        "d": 1,
    }


def test_more_steps_than_a_layer_takes_go_into_the_next():
    names = [str(number) for number in range(MOST_IN_A_LAYER * 2 + 3)]
    layers = layers_of(drawing(["first", *names], *(("first", name) for name in names)))
    assert Counter(layers.values()) == {0: 1, 1: MOST_IN_A_LAYER, 2: MOST_IN_A_LAYER, 3: 3}


def test_those_with_the_longest_way_below_them_come_first():
    names = [str(number) for number in range(MOST_IN_A_LAYER)]
    layers = layers_of(drawing(["first", *names, "long", "end"], ("long", "end"), *(("first", name) for name in names)))
    assert layers["long"] == 0


def test_the_order_in_a_layer_crosses_few_edges():
    places = {"a": 0, "b": 0, "x": 1, "y": 1}
    (_, below) = ordered(places, [["a", "y"], ["b", "x"]])
    assert below == ["y", "x"]


def test_neighbours_are_those_right_above_and_right_below():
    assert neighbours([["a", "b", "c"], ["a", "c"]]) == (
        {"b": ["a"], "c": ["b", "a"]},
        {"a": ["b", "c"], "b": ["c"]},
    )


def test_the_mean_of_nothing_is_what_is_given():
    assert mean_of([1, 2], 9) == 1.5
    assert mean_of([], 9) == 9
