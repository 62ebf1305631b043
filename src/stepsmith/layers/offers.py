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
    """The steps of a pipeline, each added after those that it comes after."""

    def __init__(self) -> None:
        self._providers: list[Provider] = []
        self._numbers: dict[str, int] = {}
        # Of each step, it and all that stands before it.
        self._lines: list[int] = []
        self._named: dict[str, int] = {}
        self._aliased: dict[str, int] = {}

    def add(self, provider: Provider, after: Iterable[str] = ()) -> None:
        """Adds a step that comes right after others, which are here already."""
        number = len(self._providers)
        bit = 1 << number
        self._lines.append(self._line(after) | bit)
        self._providers.append(provider)
        self._numbers[provider.name] = number
        for output in provider.specification.outputs:
            _mark(self._named, (output.logical_name,), bit)
            _mark(self._aliased, output.aliases, bit)

    def upstream(self, after: Iterable[str]) -> Upstream:
        """What a step is offered that comes right after others."""
        return Upstream(self, self._line(after))

    def step(self, name: str, among: int) -> Provider | None:
        """The step of a name, if it is among these."""
        number = self._numbers.get(name)
        return None if number is None or not among >> number & 1 else self._providers[number]

    def named(self, name: str, among: int) -> list[Provider]:
        """Those among these that have an output of the name, by their own names."""
        return self.steps(among & self._named.get(name, 0))

    def aliased(self, name: str, among: int) -> list[Provider]:
        """Those among these that have an output with the name among its aliases, by their own names."""
        return self.steps(among & self._aliased.get(name, 0))

    def steps(self, among: int) -> list[Provider]:
        """These steps, by their names."""
        return sorted((self._providers[number] for number in _bits(among)), key=lambda provider: provider.name)

    def _line(self, after: Iterable[str]) -> int:
        line = 0
        for name in after:
            line |= self._lines[self._numbers[name]]
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
        return self.offers.step(name, self.among)

    def named(self, name: str) -> list[Provider]:
        """Those that have an output of the name, by their own names."""
        return self.offers.named(name, self.among)

    def aliased(self, name: str) -> list[Provider]:
        """Those that have an output with the name among its aliases, by their own names."""
        return self.offers.aliased(name, self.among)

    def __iter__(self) -> Iterator[Provider]:
        return iter(self.offers.steps(self.among))


def _mark(places: dict[str, int], names: Iterable[str], bit: int) -> None:
    for name in names:
        places[name] = places.get(name, 0) | bit


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
