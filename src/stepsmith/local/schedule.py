"""Which step of a definition can begin when.

1. A step begins when all that it depends on, by DependsOn or by a reference, have succeeded; nothing else orders steps.
2. Of the steps that can begin, the one that stands first in the definition does.
3. What depends on a step that failed, on whatever way, is not run; all else is.

    >>> from stepsmith.definition.model import Step
    >>> one, two = Step("a", "Processing", {}), Step("b", "Processing", {})
    >>> steps = [one, two, Step("c", "Processing", {}, depends_on=("a",))]
    >>> schedule = Schedule(steps)
    >>> [step.name for step in schedule.ready()]
    ['a', 'b']
    >>> schedule.begin("a"), [step.name for step in schedule.ready()]
    (None, ['b'])
    >>> schedule.failed("a"), [step.name for step in schedule.ready()]
    ({'c': 'a'}, ['b'])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.definition.checks.references import dependencies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepsmith.definition.model import Step


class Schedule:
    """The steps of a definition without cycles that have not begun yet, and what each still waits for."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._waiting = {step.name: step for step in steps}
        self._needs = {step.name: set(dependencies(step)) for step in steps}
        self._followers: dict[str, list[str]] = {step.name: [] for step in steps}
        self._position = {step.name: index for index, step in enumerate(steps)}
        for name, needs in self._needs.items():
            for need in needs:
                self._followers[need].append(name)
        self._ready = [step for step in steps if not self._needs[step.name]]

    def ready(self) -> list[Step]:
        """The steps that can begin now, first those that stand first."""
        return list(self._ready)

    def begin(self, name: str) -> None:
        """Takes note that a step has begun."""
        self._ready.remove(self._waiting.pop(name))

    def succeeded(self, name: str) -> None:
        """Takes note that a step has succeeded."""
        for follower in self._followers[name]:
            self._needs[follower].discard(name)
            if not self._needs[follower]:
                self._ready.append(self._waiting[follower])
        self._ready.sort(key=lambda step: self._position[step.name])

    def failed(self, name: str) -> dict[str, str]:
        """Takes note that a step has failed; the steps not run for it, each with the one that it waited for."""
        not_run: dict[str, str] = {}
        bereft = [name]
        for gone in bereft:
            for follower in self._followers[gone]:
                if self._waiting.pop(follower, None) is not None:
                    not_run[follower] = gone
                    bereft.append(follower)
        return dict(sorted(not_run.items(), key=lambda item: self._position[item[0]]))

    def left(self) -> list[str]:
        """The names of the steps that have not begun, as they stand in the definition."""
        return list(self._waiting)
