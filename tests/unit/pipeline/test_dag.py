from __future__ import annotations

import itertools

from stepsmith import PipelineDAG
from stepsmith.diagnostics import DagError, FaultsError

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


def test_a_cycle_is_an_error_that_shows_the_path(expect_error):
    dag = PipelineDAG("abcd", [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])
    with expect_error("DAG003", "steps.a.after", kind=DagError):
        dag.check()


def test_a_step_that_waits_for_itself_is_a_cycle(expect_error):
    with expect_error("DAG003", "steps.a.after", kind=DagError):
        PipelineDAG("a", [("a", "a")]).order()


def test_every_dangling_edge_is_an_error_with_the_nearest_name(expect_error):
    dag = PipelineDAG(["prepare", "model"], [("prepar", "model"), ("model", "nowhere")])
    with expect_error([("DAG002", "steps.model.after"), ("DAG002", "steps.model.before")], kind=FaultsError):
        dag.check()


def test_a_duplicate_is_an_error(expect_error):
    with expect_error("DAG001", "steps.a", kind=DagError):
        PipelineDAG(["a", "a"])


def test_upstream_is_everything_before_a_step():
    dag = PipelineDAG(*DIAMOND)
    assert (dag.predecessors("d"), dag.upstream("d"), dag.upstream("a")) == (["b", "c"], ["a", "b", "c"], [])
    assert (dag.nodes, dag.edges) == (list("abcd"), list(DIAMOND[1]))


def test_downstream_is_everything_after_a_step():
    dag = PipelineDAG(*DIAMOND)
    assert (dag.downstream("a"), dag.downstream("b"), dag.downstream("d")) == (["b", "c", "d"], ["d"], [])


def test_an_edge_written_twice_is_one_edge():
    assert PipelineDAG("ab", [("a", "b"), ("a", "b")]).predecessors("b") == ["a"]
