"""What is shown while a deploy sends: each action as it is done, and in a terminal bytes, rate and time left."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from stepsmith.cli.console.live_region import LiveRegion, can_be_drawn_in
from stepsmith.cli.console.screen import format_duration, format_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import Self

    from stepsmith.aws.deployment.plan import Action

_REDRAW_SECONDS = 0.2
# Before so much time has passed, what is left is a guess.
_FIRST_SECONDS = 1.0


class UploadProgress:
    """What a deploy tells of its progress, printed; `lines` gives what is said of an action that is done."""

    def __init__(self, lines: Callable[[Action], Sequence[str]], *, quiet: bool = False) -> None:
        self._lines, self._quiet = lines, quiet
        self._is_drawn = not quiet and can_be_drawn_in()
        self._drawing = LiveRegion()
        self._whole = self._arrived = self._before = 0
        self.since = time.monotonic()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._redraw, daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            self._drawing.show(())

    def begun(self, size_bytes: int) -> None:
        """Something begins, of which so many bytes are to arrive."""
        self._whole, self.since = size_bytes, time.monotonic()
        if self._is_drawn and size_bytes:
            self._thread.start()

    def arrived(self, size_bytes: int, *, before: bool = False) -> None:
        """So many bytes have arrived, or had when an earlier deploy was broken off."""
        with self._lock:
            self._arrived += size_bytes
            self._before += size_bytes if before else 0

    def done(self, action: Action) -> None:
        """An action is done."""
        lines = () if self._quiet else self._lines(action)
        with self._lock:
            self._drawing.show(lines)

    def line(self, now: float) -> str:
        """What is drawn: bytes of bytes, rate, and time left."""
        seconds = max(now - self.since, 1e-9)
        rate = (self._arrived - self._before) / seconds
        text = f"  {format_size(self._arrived)} of {format_size(self._whole)}"
        if seconds < _FIRST_SECONDS or not rate:
            return text
        left = (self._whole - self._arrived) / rate
        return f"{text}, {format_size(round(rate))}/s, {format_duration(left)} left"

    def _redraw(self) -> None:
        while not self._over.wait(_REDRAW_SECONDS):
            with self._lock:
                self._drawing.show((), [self.line(time.monotonic())])
