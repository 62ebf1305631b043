"""What the steps of a pipeline offer to those after them, found by name, whatever the number of steps.

Each step is one bit of a number, and what stands before a step is such a number, so that "which steps upstream offer
this" is one operation on two of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stepsmith.layers.specification import StepSpecification


class Provider(Protocol):
    """A step that may fill the inputs of others: its name in the pipeline and its specification."""

    @property
    def name(self) -> str:
        """The step's name."""

    @property
    def specification(self) -> StepSpecification:
        """The step's specification."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A step that is known by its declaration alone."""

    name: str
    specification: StepSpecification


class Offers:
    """The steps of a pipeline, each added after those that it comes after.

    `providers` are the steps by their numbers, and `numbers` these by the steps' names; `named` and `aliased` are the
    steps that have an output, or an alias of one, by its name.
    """

    def __init__(self) -> None:
        self.providers: list[Provider] = []
        self.numbers: dict[str, int] = {}
        self.named: dict[str, int] = {}
        self.aliased: dict[str, int] = {}
        # Of each step, it and all that stands before it.
        self._lines: list[int] = []

    def add(self, provider: Provider, after: Iterable[str] = ()) -> None:
        """Adds a step that comes right after others, which are here already."""
        number = len(self.providers)
        bit = 1 << number
        self._lines.append(self._line(after) | bit)
        self.providers.append(provider)
        self.numbers[provider.name] = number
        for output in provider.specification.outputs:
            _mark(self.named, (output.logical_name,), bit)
            _mark(self.aliased, output.aliases, bit)

    def upstream(self, after: Iterable[str]) -> Upstream:
        """What a step is offered that comes right after others."""
        return Upstream(self, self._line(after))

    def _line(self, after: Iterable[str]) -> int:
        line = 0
        for name in after:
            line |= self._lines[self.numbers[name]]
        return line


@dataclass(frozen=True, slots=True)
class Upstream:
    """The steps that stand before one step."""

    offers: Offers
    among: int

    @classmethod
    def of(cls, providers: Iterable[Provider]) -> Upstream:
        """These steps, whatever stands between them; of two of one name, the later."""
        offers = Offers()
        by_name = {provider.name: provider for provider in providers}
        for provider in by_name.values():
            offers.add(provider)
        return offers.upstream(by_name)

    def step(self, name: str) -> Provider | None:
        """The step of a name."""
        number = self.offers.numbers.get(name)
        return None if number is None or not self.among >> number & 1 else self.offers.providers[number]

    def named(self, name: str) -> list[Provider]:
        """Those that have an output of the name, by their own names."""
        return self._steps(self.offers.named.get(name, 0))

    def aliased(self, name: str) -> list[Provider]:
        """Those that have an output with the name among its aliases, by their own names."""
        return self._steps(self.offers.aliased.get(name, 0))

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._steps(self.among))

    def _steps(self, which: int) -> list[Provider]:
        found = (self.offers.providers[number] for number in _bits(self.among & which))
        return sorted(found, key=lambda provider: provider.name)


def _mark(places: dict[str, int], names: Iterable[str], bit: int) -> None:
    for name in names:
        places[name] = places.get(name, 0) | bit


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
