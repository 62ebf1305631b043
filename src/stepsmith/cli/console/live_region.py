"""Lines that are drawn below all others in a terminal, and drawn anew when something is printed above them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stepsmith.cli.console.screen import is_terminal, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def can_be_drawn_in() -> bool:
    """Whether the output is a terminal that can be drawn in."""
    return is_terminal() and os.environ.get("TERM") not in ("dumb", "unknown")


class LiveRegion:
    """What is drawn at the bottom of the output; with `err` it is on the output for errors."""

    def __init__(self, *, err: bool = False) -> None:
        self._err = err
        self._drawn_lines = 0

    def show(self, lines: Iterable[str], below: Sequence[str] = ()) -> None:
        """Prints lines in place of what is drawn, and draws `below` them what is to be drawn now."""
        erasure = f"\x1b[{self._drawn_lines}F\x1b[J" if self._drawn_lines else ""
        shown = [*lines, *below]
        if shown or erasure:
            # Where nothing follows, the end of the line that is printed leads back to where what is erased began.
            write_text(erasure + ("\n".join(shown) or "\x1b[F"), err=self._err)
        self._drawn_lines = len(below)
