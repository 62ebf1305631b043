"""What is shown while a deploy sends: each action as it is done, and in a terminal bytes, rate and time left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from stepsmith.cli.console.live_region import LiveRegion
from stepsmith.cli.console.screen import format_duration, format_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import Self

    from stepsmith.aws.deployment.plan import Action

_REDRAW_SECONDS = 0.2
# Before so much time has passed, what is left is a guess.
_FIRST_SECONDS = 1.0


class UploadProgress:
    """Prints each action of a deploy when it is done; `lines` gives what to print of it."""

    def __init__(self, lines: Callable[[Action], Sequence[str]], *, quiet: bool = False) -> None:
        self._lines, self._quiet = lines, quiet
        self._region = LiveRegion(self._live_lines, redraw_seconds=_REDRAW_SECONDS, quiet=quiet)
        self._total_bytes = self._arrived_bytes = self._earlier_bytes = 0
        self.since = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._region.__exit__(*raised)

    def begun(self, size_bytes: int) -> None:
        """Something begins, of which so many bytes are to arrive."""
        self._total_bytes, self.since = size_bytes, time.monotonic()
        if self._region.is_drawn and size_bytes:
            self._region.start()

    def arrived(self, size_bytes: int, *, before: bool = False) -> None:
        """So many bytes have arrived, or had when an earlier deploy was broken off."""
        with self._region.lock:
            self._arrived_bytes += size_bytes
            self._earlier_bytes += size_bytes if before else 0

    def done(self, action: Action) -> None:
        """An action is done."""
        self._region.print_above(() if self._quiet else self._lines(action))

    def line(self, now: float) -> str:
        """What is drawn: bytes of bytes, rate, and time left."""
        seconds = max(now - self.since, 1e-9)
        rate = (self._arrived_bytes - self._earlier_bytes) / seconds
        text = f"  {format_size(self._arrived_bytes)} of {format_size(self._total_bytes)}"
        if seconds < _FIRST_SECONDS or not rate:
            return text
        seconds_left = (self._total_bytes - self._arrived_bytes) / rate
        return f"{text}, {format_size(round(rate))}/s, {format_duration(seconds_left)} left"

    def _live_lines(self) -> list[str]:
        return [self.line(time.monotonic())] if self._total_bytes else []
