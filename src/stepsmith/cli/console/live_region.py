"""Lines that stay at the bottom of a terminal, below those that are printed, and are redrawn while time passes."""

from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING

from stepsmith.cli.console.screen import is_terminal, write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from typing_extensions import Self


def _no_lines() -> Sequence[str]:
    return ()


class LiveRegion:
    """Prints lines, and draws `live_lines()` below them in a terminal, again every `redraw_seconds` after `start`.

    Hold `lock` while you change the state that `live_lines` reads. `each_redraw`, called before each redraw, gives
    lines to print above the region. With `quiet` nothing is drawn, and all lines go to the output for errors.
    """

    def __init__(
        self,
        live_lines: Callable[[], Sequence[str]] = _no_lines,
        *,
        redraw_seconds: float = 0.5,
        each_redraw: Callable[[], Iterable[str]] = _no_lines,
        quiet: bool = False,
    ) -> None:
        self.is_drawn = not quiet and is_terminal() and os.environ.get("TERM") not in ("dumb", "unknown")
        self.lock = threading.RLock()
        self._live_lines, self._each_redraw, self._err = live_lines, each_redraw, quiet
        self._redraw_seconds = redraw_seconds
        self._drawn_lines = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._redraw, daemon=True)

    def start(self) -> None:
        """Starts to redraw."""
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()
        self.print_above(())

    def print_above(self, lines: Iterable[str]) -> None:
        """Prints lines in place of the region, and draws the region below them, as it is now."""
        with self.lock:
            self._draw(lines, self._fitting_lines())

    def clear(self) -> None:
        """Erases the region until it is drawn next."""
        with self.lock:
            self._draw((), ())

    def _draw(self, lines: Iterable[str], live_lines: Sequence[str]) -> None:
        erasure = f"\x1b[{self._drawn_lines}F\x1b[J" if self._drawn_lines else ""
        output = [*lines, *live_lines]
        if output or erasure:
            # If nothing follows, the newline that is printed leads back to where the erased lines began.
            write_text(erasure + ("\n".join(output) or "\x1b[F"), err=self._err)
        self._drawn_lines = len(live_lines)

    def _fitting_lines(self) -> Sequence[str]:
        """The live lines that fit the terminal's height, and how many more there are."""
        if not self.is_drawn or self._is_over.is_set():
            return ()
        lines = self._live_lines()
        room = max(1, shutil.get_terminal_size().lines - 2)
        return lines if len(lines) <= room else [*lines[: room - 1], f"  and {len(lines) - room + 1} more"]

    def _redraw(self) -> None:
        while not self._is_over.wait(self._redraw_seconds):
            with self.lock:
                self.print_above(self._each_redraw())
