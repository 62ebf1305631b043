"""Whoever watches a deploy is told what is done, and how many bytes have arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stepsmith.aws.deployment.plan import Action


class Progress(Protocol):
    """What watches. It is called from several threads."""

    def begun(self, size_bytes: int) -> None:
        """Something begins, of which so many bytes are to arrive."""

    def arrived(self, size_bytes: int, *, before: bool = False) -> None:
        """So many bytes have arrived, or, `before`, had arrived when an earlier deploy was broken off."""

    def done(self, action: Action) -> None:
        """An action of the plan is done."""


class Silent:
    """What tells nobody."""

    def begun(self, size_bytes: int) -> None:
        """Nothing."""

    def arrived(self, size_bytes: int, *, before: bool = False) -> None:
        """Nothing."""

    def done(self, action: Action) -> None:
        """Nothing."""
