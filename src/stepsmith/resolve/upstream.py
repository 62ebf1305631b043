"""What the steps of a pipeline offer to those after them, found by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from stepsmith.step.specification import StepSpecification

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


class Provider(Protocol):
    """A step that may fill the inputs of others: its name in the pipeline and its specification."""

    @property
    def name(self) -> str:
        """The step's name."""

    @property
    def specification(self) -> StepSpecification:
        """The step's specification."""


@dataclass(frozen=True, slots=True)
class DeclaredStep:
    """A step of which only the declaration is known."""

    name: str
    specification: StepSpecification


class StepOutputs:
    """The steps of a pipeline, each added after those that it comes after, with indexes of what they offer.

    `by_name` has the steps that offer an output under a name, its own or an alias; `by_word` those with a word in the
    name of an output; `by_specification` those that share a specification, by its identity, in the order of adding.
    """

    def __init__(self) -> None:
        self.steps: dict[str, Provider] = {}
        self.by_name: dict[str, set[str]] = {}
        self.by_word: dict[str, set[str]] = {}
        self.by_specification: dict[int, list[str]] = {}
        self._direct: dict[str, frozenset[str]] = {}
        # All predecessors of a step, by its direct ones: steps that have the same direct ones share the set.
        self._predecessors: dict[frozenset[str], set[str]] = {}
        # By what is looked for, and then by step: the number of edges to the nearest that offer it, 0 to itself, and
        # these. A step uses what its predecessors know, so that no search goes back to the first step.
        self._nearest: dict[Hashable, dict[str, tuple[float, frozenset[str]]]] = {}

    def add(self, provider: Provider, after: Iterable[str] = ()) -> None:
        """Adds a step that comes right after others, which were added before."""
        name, specification = provider.name, provider.specification
        self.steps[name] = provider
        self._direct[name] = self.upstream(after).direct
        self.by_specification.setdefault(id(specification), []).append(name)
        for output in specification.outputs:
            for offered in (output.logical_name, *output.aliases):
                self.by_name.setdefault(offered, set()).add(name)
            for word in words_of(output.logical_name):
                self.by_word.setdefault(word, set()).add(name)

    def upstream(self, after: Iterable[str]) -> Upstream:
        """What is upstream of a step that comes right after others."""
        direct = frozenset(after)
        if direct not in self._predecessors:
            further = (self._predecessors[self._direct[name]] for name in direct)
            self._predecessors[direct] = set(direct).union(*further)
        return Upstream(self, direct, self._predecessors[direct])

    def nearest(self, key: Hashable, offers: Callable[[Provider], bool], direct: Iterable[str]) -> frozenset[str]:
        """The steps that offer something and are nearest to a step right after `direct`; `key` names what it is."""
        known = self._nearest.setdefault(key, {})
        for name in islice(self.steps, len(known), None):
            if offers(self.steps[name]):
                known[name] = 0, frozenset({name})
            else:
                known[name] = _one_edge_further([known[other] for other in self._direct[name]])
        return _one_edge_further([known[name] for name in direct])[1]


@dataclass(frozen=True, slots=True)
class Upstream:
    """The steps that come before one step: those right before it, and all."""

    outputs: StepOutputs
    direct: frozenset[str]
    predecessors: set[str]

    @classmethod
    def of(cls, providers: Iterable[Provider]) -> Upstream:
        """These steps, whatever their edges; of two with the same name, the later."""
        outputs = StepOutputs()
        by_name = {provider.name: provider for provider in providers}
        for provider in by_name.values():
            outputs.add(provider)
        return outputs.upstream(by_name)

    def step(self, name: str) -> Provider | None:
        """The step with a name."""
        return self.outputs.steps[name] if name in self.predecessors else None

    def nearest(self, name: str, key: Hashable, offers: Callable[[Provider], bool]) -> list[Provider]:
        """Those of the steps with an output of this name or alias that `offers` accepts, and that are nearest.

        There are several if the same number of edges leads to them. `key` is the same if `offers` decides the same.
        """
        named = self.outputs.by_name.get(name, set())
        if self.predecessors.isdisjoint(named):
            return []
        found = self.outputs.nearest(key, lambda step: step.name in named and offers(step), self.direct)
        return self._sorted(found)

    def with_word(self, words: Iterable[str]) -> list[Provider]:
        """Those that have an output with one of the words in its name, however far away."""
        named = set().union(*(self.outputs.by_word.get(word, ()) for word in words))
        return self._sorted(self.predecessors & named)

    def last_by_specification(self) -> Iterator[tuple[Provider, int]]:
        """The last step of each specification, and how many have it."""
        for names in self.outputs.by_specification.values():
            if count := len(self.predecessors.intersection(names)):
                yield self.outputs.steps[next(name for name in reversed(names) if name in self.predecessors)], count

    def without(self, names: Iterable[str]) -> list[Provider]:
        """All steps but some."""
        return self._sorted(self.predecessors.difference(names))

    def __iter__(self) -> Iterator[Provider]:
        return iter(self.without(()))

    def _sorted(self, names: Iterable[str]) -> list[Provider]:
        return [self.outputs.steps[name] for name in sorted(names)]


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case.

    >>> words_of("packaged_model"), words_of("GeneratedPayloadSamples")
    (['packaged', 'model'], ['generated', 'payload', 'samples'])
    """
    return [word.lower() for word in _WORD.findall(name)]


def _one_edge_further(known: list[tuple[float, frozenset[str]]]) -> tuple[float, frozenset[str]]:
    """The least of some distances and the steps that are so near, as a step right after them sees it."""
    least = min((distance for distance, _ in known), default=inf)
    return least + 1, frozenset().union(*(names for distance, names in known if distance == least))
