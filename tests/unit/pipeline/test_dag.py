from __future__ import annotations

import itertools

import pytest

from stepsmith import PipelineDAG
from stepsmith.errors import DagError, FaultsError

DIAMOND = (("a", "b", "c", "d"), (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")))


def test_an_order_has_each_step_after_those_before_it():
    assert PipelineDAG(*DIAMOND).order() == ["a", "b", "c", "d"]


def test_the_order_of_adding_means_nothing():
    orders = {
        tuple(PipelineDAG(nodes, edges).order())
        for nodes in itertools.permutations(DIAMOND[0])
        for edges in itertools.permutations(DIAMOND[1])
    }
    assert orders == {("a", "b", "c", "d")}


def test_a_cycle_is_an_error_that_shows_the_path():
    dag = PipelineDAG("abcd", [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])
    with pytest.raises(DagError, match=r"a -> b -> c -> a|b -> c -> a -> b|c -> a -> b -> c"):
        dag.check()


def test_a_step_that_waits_for_itself_is_a_cycle():
    with pytest.raises(DagError, match="a -> a"):
        PipelineDAG("a", [("a", "a")]).order()


def test_every_dangling_edge_is_an_error_with_the_nearest_name():
    dag = PipelineDAG(["prepare", "model"], [("prepar", "model"), ("model", "nowhere")])
    with pytest.raises(FaultsError) as caught:
        dag.check()
    first, second = caught.value.findings
    assert (first.where, first.fix) == ("steps.model.after", "did you mean 'prepare'?")
    assert "'nowhere'" in second.what


def test_a_duplicate_is_an_error():
    with pytest.raises(DagError, match="two steps are named 'a'"):
        PipelineDAG(["a", "a"])


def test_upstream_is_everything_before_a_step():
    dag = PipelineDAG(*DIAMOND)
    assert (dag.direct("d"), dag.upstream("d"), dag.upstream("a")) == (["b", "c"], ["a", "b", "c"], [])
    assert (dag.nodes, dag.edges) == (list("abcd"), list(DIAMOND[1]))


def test_downstream_is_everything_after_a_step():
    dag = PipelineDAG(*DIAMOND)
    assert (dag.downstream("a"), dag.downstream("b"), dag.downstream("d")) == (["b", "c", "d"], ["d"], [])


def test_an_edge_written_twice_is_one_edge():
    assert PipelineDAG("ab", [("a", "b"), ("a", "b")]).direct("b") == ["a"]
