"""The directed acyclic graph of a pipeline's steps."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, DagError, Example, Rule, combine_errors, suggest_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stepsmith.pipeline.compilation import StepEntry


class PipelineDAG:
    """Steps by name, and edges from a step to each that comes after it. The order of adding means nothing."""

    def __init__(self, nodes: Iterable[str] = (), edges: Iterable[tuple[str, str]] = ()) -> None:
        # An edge may be added before its steps.
        self._nodes: dict[str, None] = {}
        self._edges: dict[tuple[str, str], None] = {}
        self._before: dict[str, list[str]] = {}
        self._after: dict[str, list[str]] = {}
        for node in nodes:
            self.add_node(node)
        for before, after in edges:
            self.add_edge(before, after)

    @property
    def nodes(self) -> list[str]:
        """The steps' names, as they were added."""
        return list(self._nodes)

    @property
    def edges(self) -> list[tuple[str, str]]:
        """The edges, as they were added."""
        return list(self._edges)

    def add_node(self, name: str) -> None:
        """Adds a step.

        Raises: DagError when there is one of that name.
        """
        if name in self._nodes:
            raise DagError("DAG001", f"two steps are named {name!r}", where=("steps", name), fix="rename one of them")
        self._nodes[name] = None

    def add_edge(self, before: str, after: str) -> None:
        """Says that `after` comes after `before`; both may be added later."""
        if (before, after) not in self._edges:
            self._edges[before, after] = None
            self._before.setdefault(after, []).append(before)
            self._after.setdefault(before, []).append(after)

    def check(self) -> None:
        """Raises: DagError if an edge names an unknown step or steps depend on each other; it shows the cycle."""
        _, errors = self.without_invalid_edges()
        if errors:
            raise combine_errors(errors)

    def without_invalid_edges(self) -> tuple[PipelineDAG, list[DagError]]:
        """This DAG without the edges that name an unknown step or close a cycle, and an error for each of these.

        The data of an error about a cycle has the names of its steps: `cycle`.
        """
        errors = [error for edge in self._edges for error in self._edge_errors(*edge)]
        dag = PipelineDAG(self._nodes, [edge for edge in self._edges if set(edge) <= self._nodes.keys()])
        while cycle := dag.cycle():
            message = f"the steps wait for each other: {' -> '.join(cycle)}"
            path, fix = ("steps", cycle[-1], "after"), "remove one of these edges"
            errors.append(DagError("DAG003", message, where=path, fix=fix, data={"cycle": cycle}))
            closing = set(pairwise(cycle))
            dag = PipelineDAG(self._nodes, [edge for edge in dag.edges if edge not in closing])
        return dag, errors

    def _edge_errors(self, before: str, after: str) -> Iterator[DagError]:
        for name, other, role in ((before, after, "after"), (after, before, "before")):
            if name not in self._nodes:
                message = f"step {other!r} stands {role} {name!r}, and no step is named so"
                path, fix = ("steps", other, role), suggest_names(name, self._nodes)
                yield DagError("DAG002", message, where=path, fix=fix, data={"name": name})

    def cycle(self) -> list[str]:
        """The names of steps that depend on each other, the first again at the end; empty if there are none."""
        try:
            self._sorter()
        except CycleError as error:
            return list(error.args[1])
        return []

    def order(self) -> list[str]:
        """The steps, each after all that come before it; among those that could stand next, the first by name.

        Raises: DagError as `check` does.
        """
        self.check()
        sorter = self._sorter()
        ordered: list[str] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready())
            sorter.done(*ready)
            ordered += ready
        return ordered

    def predecessors(self, name: str) -> list[str]:
        """The steps right before `name`, sorted."""
        return sorted(self._before.get(name, ()))

    def upstream(self, name: str) -> list[str]:
        """Every step before `name`, sorted."""
        return _reachable(name, self._before)

    def downstream(self, name: str) -> list[str]:
        """Every step after `name`, sorted."""
        return _reachable(name, self._after)

    def _sorter(self) -> TopologicalSorter[str]:
        """A prepared sorter. Raises: CycleError."""
        sorter = TopologicalSorter({name: self.predecessors(name) for name in self._nodes})
        sorter.prepare()
        return sorter


def dag_of(steps: Iterable[StepEntry]) -> PipelineDAG:
    """The DAG that `after` and the inputs wired by hand draw."""
    entries = {step.name: step for step in steps}
    dag = PipelineDAG(entries)
    for step in entries.values():
        for before in step.after:
            dag.add_edge(before, step.name)
        for wire in step.inputs.values():
            before = wire.partition(".")[0] if isinstance(wire, str) else ""
            if before in entries:  # the resolver says what is wrong with any other wire
                dag.add_edge(before, step.name)
    return dag


def _reachable(name: str, edges: Mapping[str, Iterable[str]]) -> list[str]:
    reachable: set[str] = set()
    waiting = [name]
    while waiting:
        new = set(edges.get(waiting.pop(), ())) - reachable
        reachable |= new
        waiting += new
    return sorted(reachable)


RULES = (
    Rule(
        "DAG001",
        "Two steps with the same name",
        "References and `after` name a step, so a name must identify one step.",
        About.PIPELINE,
        "Rename one of the steps.",
    ),
    Rule(
        "DAG002",
        "An edge to a step that does not exist",
        "`after` must name a step of the same pipeline. Otherwise the order that you want cannot be kept.",
        About.PIPELINE,
        "Correct the name in `after`, or add the step.",
        Example("pipeline.yaml", "    after: model\n", "    after: modle\n"),
    ),
    Rule(
        "DAG003",
        "A dependency cycle",
        "If steps depend on each other in a circle, none of them can run first.",
        About.PIPELINE,
        "Remove one of the edges that the message lists.",
        Example(
            "pipeline.yaml",
            "    pretrained_model_path: model/\n",
            "    pretrained_model_path: model/\n    after: package\n",
        ),
    ),
)
