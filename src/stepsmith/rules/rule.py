"""A rule: a fault that can be seen without running anything, why it is one, and an example with it and without."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from stepsmith.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stepsmith.diagnostics.finding import Path, Position, Suggestion


class About(str, Enum):
    """What a rule looks at."""

    STEP = "step"
    PIPELINE = "pipeline"
    DEFINITION = "definition"


@dataclass(frozen=True, slots=True)
class Example:
    """A place in a file of the project that examples are shown in: how it stands there, and the fault in its stead.

    The project is what `stepsmith new` makes: a step named ExampleStep, and a pipeline; of a definition it is
    `rules/definition.json`.
    """

    file: str
    good: str
    bad: str
    # What else has to be otherwise for the fault to be that one alone: file, text, and what stands in its stead.
    also: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault by its stable code: what it is, why it is one, and what it looks like.

    `check` finds it in what the rule is about; where it is None, it is found by what reads or builds that.
    """

    code: str
    title: str
    why: str
    about: About
    example: Example
    is_warning: bool = False
    check: Callable[[Any], Iterator[Finding]] | None = None

    def finding(
        self,
        message: str,
        *,
        where: Path | str = (),
        fix: Suggestion | str = "",
        at: Position | None = None,
        requires: Iterable[Path] = (),
    ) -> Finding:
        """A finding of this rule."""
        severity = Severity.WARNING if self.is_warning else Severity.ERROR
        return Finding(self.code, message, where, fix, at, severity, requires=requires)
