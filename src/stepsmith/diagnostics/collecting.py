"""Collects problems, so that they are reported together and not one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics.errors import FaultsError, StepsmithError, error_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from stepsmith.diagnostics.finding import Finding


def combine_errors(errors: Sequence[StepsmithError]) -> StepsmithError:
    """The only error as is, or several as one."""
    return errors[0] if len(errors) == 1 else FaultsError(errors)


def errors_of(findings: Iterable[Finding]) -> StepsmithError:
    """Findings as one error."""
    return combine_errors([error_of(finding) for finding in findings])


class Faults:
    """A collector: keeps each error once, and raises all of them together at the end."""

    def __init__(self) -> None:
        self._errors: dict[tuple[Finding, ...], StepsmithError] = {}

    @property
    def errors(self) -> list[StepsmithError]:
        """The errors, each with one finding, in the order in which they were added."""
        return list(self._errors.values())

    @property
    def findings(self) -> list[Finding]:
        """The findings of the errors."""
        return [finding for findings in self._errors for finding in findings]

    def add(self, error: StepsmithError) -> None:
        """Keeps an error, or each of several, unless it is already kept."""
        for each in error.each:
            self._errors.setdefault(each.findings, each)

    def collect(self, *outer: str | int) -> AbstractContextManager[None, bool]:
        """A block whose StepsmithError is kept instead of raised; its paths are put below `outer`."""
        return _Collecting(self, outer)

    def raise_if_any(self) -> None:
        """Raises what was added: one error as is, several as `FaultsError`."""
        if self._errors:
            raise combine_errors(self.errors)


class _Collecting:
    """A class, because every check of every step uses such a block, and a generator takes four times as long."""

    __slots__ = ("_faults", "_outer")

    def __init__(self, faults: Faults, outer: tuple[str | int, ...]) -> None:
        self._faults, self._outer = faults, outer

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, StepsmithError):
            return False
        self._faults.add(error.inside(*self._outer) if self._outer else error)
        return True
