"""What the steps of a pipeline offer to those after them, found by name, whatever the number of steps.

Each step is one bit of a number, and what stands before a step is such a number, so that "which steps upstream offer
this" is one operation on two of them. Sets of steps would say the same; but each step has all that stands before it, so
that a chain of N steps would hold N² / 2 entries, and checking 2,000 steps would not be ten times checking 200.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stepsmith.step.specification import StepSpecification

_Key = TypeVar("_Key")
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
    """A step that is known by its declaration alone."""

    name: str
    specification: StepSpecification


class StepOutputs:
    """The steps of a pipeline, each added after those that it comes after.

    `providers` are the steps by their numbers, and `numbers` these by the steps' names; `named`, `aliased` and `worded`
    are the steps that have an output of a name, an alias of one, or a word in the name of one; `kinds` are the steps
    that share a specification, by its identity.
    """

    def __init__(self) -> None:
        self.providers: list[Provider] = []
        self.numbers: dict[str, int] = {}
        self.named: dict[str, int] = {}
        self.aliased: dict[str, int] = {}
        self.with_word: dict[str, int] = {}
        self.kinds: dict[int, int] = {}
        # Of each step, it and all that stands before it; and those right before it.
        self._lines: list[int] = []
        self._direct: list[int] = []
        # By name or alias, and then by step: the number of edges to the nearest that offer it, 0 to itself, and these.
        self._nearest: dict[tuple[str, str], list[tuple[float, int]]] = {}

    def add(self, provider: Provider, after: Iterable[str] = ()) -> None:
        """Adds a step that comes right after others, which are here already."""
        number = len(self.providers)
        bit = 1 << number
        before = self.bits_of(after)
        self._lines.append(self._line(before) | bit)
        self._direct.append(before)
        self.providers.append(provider)
        self.numbers[provider.name] = number
        _mark(self.kinds, (id(provider.specification),), bit)
        for output in provider.specification.outputs:
            _mark(self.named, (output.logical_name,), bit)
            _mark(self.aliased, output.aliases, bit)
            _mark(self.with_word, words_of(output.logical_name), bit)

    def upstream(self, after: Iterable[str]) -> Upstream:
        """What a step is offered that comes right after others."""
        direct = self.bits_of(after)
        return Upstream(self, self._line(direct), direct)

    def nearest(self, offered: tuple[str, str], which: int, direct: int) -> int:
        """Those of some steps that are nearest to a step right after `direct`.

        They are the steps that offer `offered`. Each step passes on what it has found, so that none looks far for it.
        """
        reached = self._nearest.setdefault(offered, [])
        for number in range(len(reached), len(self.providers)):
            own = which >> number & 1
            reached.append(
                (0, 1 << number) if own else _nearest_of([reached[one] for one in _bits(self._direct[number])])
            )
        return _nearest_of([reached[one] for one in _bits(direct)])[1]

    def further(self, steps: int) -> int:
        """The steps right before any of these."""
        reached = 0
        for number in _bits(steps):
            reached |= self._direct[number]
        return reached

    def bits_of(self, names: Iterable[str]) -> int:
        """The steps of these names."""
        reached = 0
        for name in names:
            reached |= 1 << self.numbers[name]
        return reached

    def _line(self, direct: int) -> int:
        line = 0
        for number in _bits(direct):
            line |= self._lines[number]
        return line


@dataclass(frozen=True, slots=True)
class Upstream:
    """The steps that stand before one step: all, and those right before it."""

    offers: StepOutputs
    among: int
    direct: int

    @classmethod
    def of(cls, providers: Iterable[Provider]) -> Upstream:
        """These steps, whatever stands between them; of two of one name, the later."""
        offers = StepOutputs()
        by_name = {provider.name: provider for provider in providers}
        for provider in by_name.values():
            offers.add(provider)
        return offers.upstream(by_name)

    def step(self, name: str) -> Provider | None:
        """The step of a name."""
        number = self.offers.numbers.get(name)
        return None if number is None or not self.among >> number & 1 else self.offers.providers[number]

    def named(self, name: str) -> Iterator[list[Provider]]:
        """Those that have an output of the name, the nearest first: a list for each number of edges up to them."""
        return self._by_distance(("name", name), self.offers.named.get(name, 0))

    def aliased(self, name: str) -> Iterator[list[Provider]]:
        """Those that have an output with the name among its aliases, the nearest first in the same way."""
        return self._by_distance(("alias", name), self.offers.aliased.get(name, 0))

    def with_word(self, words: Iterable[str]) -> list[Provider]:
        """Those that have an output with one of the words in its name, however far away."""
        which = 0
        for word in words:
            which |= self.offers.with_word.get(word.lower(), 0)
        return self._steps(self.among & which)

    def kinds(self) -> Iterator[tuple[Provider, int]]:
        """The last step of each specification, and how many have it."""
        for steps in self.offers.kinds.values():
            if which := self.among & steps:
                yield self.offers.providers[which.bit_length() - 1], which.bit_count()

    def besides(self, steps: int) -> list[Provider]:
        """All but some steps."""
        return self._steps(self.among & ~steps)

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._steps(self.among))

    def _by_distance(self, offered: tuple[str, str], which: int) -> Iterator[list[Provider]]:
        remaining, level, visited = self.among & which, self.direct, self.direct
        if not remaining:
            return
        nearest = self.offers.nearest(offered, which, self.direct)
        yield self._steps(nearest)
        remaining &= ~nearest
        while remaining:  # only if none of the nearest would do
            if level & remaining:
                yield self._steps(level & remaining)
            remaining &= ~level
            level = self.offers.further(level) & ~visited
            visited |= level

    def _steps(self, which: int) -> list[Provider]:
        reached = (self.offers.providers[number] for number in _bits(which))
        return sorted(reached, key=lambda provider: provider.name)


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case.

    >>> words_of("packaged_model"), words_of("GeneratedPayloadSamples")
    (['packaged', 'model'], ['generated', 'payload', 'samples'])
    """
    return [word.lower() for word in _WORD.findall(name)]


def _mark(masks: dict[_Key, int], names: Iterable[_Key], bit: int) -> None:
    for name in names:
        masks[name] = masks.get(name, 0) | bit


def _nearest_of(reached: list[tuple[float, int]]) -> tuple[float, int]:
    """The least of some distances and the steps that are so near, one edge further away."""
    least, steps = min((distance for distance, _ in reached), default=inf), 0
    for distance, which in reached:
        steps |= which if distance == least else 0
    return least + 1, steps


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
