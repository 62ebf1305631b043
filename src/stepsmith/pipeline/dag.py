"""The directed acyclic graph of a pipeline's steps."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from stepsmith.diagnostics import DagError, Faults, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


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
        self._checked()

    def _checked(self) -> TopologicalSorter[str]:
        faults = Faults()
        for before, after in self._edges:
            for name, other, role in ((before, after, "after"), (after, before, "before")):
                if name not in self._nodes:
                    what = f"step {other!r} stands {role} {name!r}, and no step is named so"
                    faults.add(DagError("DAG002", what, where=("steps", other, role), fix=nearest(name, self._nodes)))
        faults.raise_if_any()
        return self._sorter()

    def order(self) -> list[str]:
        """The steps, each after all that come before it; among those that could stand next, the first by name.

        Raises: DagError as `check` does.
        """
        sorter = self._checked()
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
        sorter = TopologicalSorter({name: self.direct(name) for name in self._nodes})
        try:
            sorter.prepare()
        except CycleError as error:
            path = " -> ".join(error.args[1])
            raise DagError(
                "DAG003",
                f"the steps wait for each other: {path}",
                where=("steps", error.args[1][-1], "after"),
                fix="remove one of these edges",
            ) from None
        return sorter


def _reached(name: str, edges: Mapping[str, Iterable[str]]) -> list[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        fresh = set(edges.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += fresh
    return sorted(found)
