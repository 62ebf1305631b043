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
        # Each step with those right before it, and right after it; an edge may be there before its steps are.
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
        """Raises: DagError when an edge leads to no step, or steps wait for each other; the cycle is shown."""
        _, errors = self.sound()
        if errors:
            raise combine_errors(errors)

    def sound(self) -> tuple[PipelineDAG, list[DagError]]:
        """This DAG without the edges that lead to no step or close a cycle, and an error for each of these.

        The data of an error about a cycle has the names of its steps: `cycle`.
        """
        errors = [error for edge in self._edges for error in self._edge_errors(*edge)]
        sound = PipelineDAG(self._nodes, [edge for edge in self._edges if set(edge) <= self._nodes.keys()])
        while cycle := sound.cycle():
            what = f"the steps wait for each other: {' -> '.join(cycle)}"
            where, fix = ("steps", cycle[-1], "after"), "remove one of these edges"
            errors.append(DagError("DAG003", what, where=where, fix=fix, data={"cycle": cycle}))
            closing = set(pairwise(cycle))
            sound = PipelineDAG(self._nodes, [edge for edge in sound.edges if edge not in closing])
        return sound, errors

    def _edge_errors(self, before: str, after: str) -> Iterator[DagError]:
        for name, other, role in ((before, after, "after"), (after, before, "before")):
            if name not in self._nodes:
                what = f"step {other!r} stands {role} {name!r}, and no step is named so"
                yield DagError(
                    "DAG002",
                    what,
                    where=("steps", other, role),
                    fix=suggest_names(name, self._nodes),
                    data={"name": name},
                )

    def cycle(self) -> list[str]:
        """The names of steps that wait for each other, the first again at the end; empty if there are none."""
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

    def direct(self, name: str) -> list[str]:
        """The steps right before `name`, sorted."""
        return sorted(self._before.get(name, ()))

    def upstream(self, name: str) -> list[str]:
        """Every step before `name`, sorted."""
        return _reached(name, self._before)

    def downstream(self, name: str) -> list[str]:
        """Every step after `name`, sorted."""
        return _reached(name, self._after)

    def _sorter(self) -> TopologicalSorter[str]:
        """A sorter that is ready to be asked. Raises: CycleError."""
        sorter = TopologicalSorter({name: self.direct(name) for name in self._nodes})
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


def _reached(name: str, edges: Mapping[str, Iterable[str]]) -> list[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        fresh = set(edges.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += fresh
    return sorted(found)


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
