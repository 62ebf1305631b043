"""The logs of steps as they are shown: their last entries, and what is added to them while a step executes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stepsmith.diagnostics import printable

if TYPE_CHECKING:
    from pathlib import Path

_TAIL_BYTES = 16384
_PIECE_BYTES = 1 << 20
_LINE_BYTES = 8192
_LINE_CHARACTERS = 2000
# An entry of a step's log (UTC ISO time, level, message), and one that warns.
_TIME = r"\d{4}-\d\d-\d\dT[\d:.]+Z "
ENTRY = re.compile(rf"(?P<said>{_TIME}(?!DEBUG)[A-Z]+ .*)")
WARNING = re.compile(rf"{_TIME}WARNING (?P<said>.*)")
# Control sequences (colours, moves), operating system commands (a window's title), and the escapes of two characters.
# Source: ECMA-48, 5.4, 5.6 and 5.3.
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")


class LogFollower:
    """Reads what is added to a log, line by line; a line that never ends is given out in pieces."""

    def __init__(self, log: Path) -> None:
        self._log, self._read_bytes, self._rest = log, 0, b""

    def lines(self, *, at_the_end: bool = False) -> list[str]:
        """The lines that have been added since the last call; at the end also one that has no end.

        At most a piece of the log is read. Raises: FileNotFoundError when it is not there.
        """
        with self._log.open("rb") as file:
            file.seek(self._read_bytes)
            piece = file.read(_PIECE_BYTES)
        self._read_bytes += len(piece)
        *complete, self._rest = (self._rest + piece).split(b"\n")
        is_all = at_the_end and len(piece) < _PIECE_BYTES
        if self._rest and (is_all or len(self._rest) > _LINE_BYTES):
            complete, self._rest = [*complete, self._rest], b""
        return [_clean_line(line) for line in complete]


def entries(log: Path, form: re.Pattern[str]) -> list[str]:
    """What the form's group says of each entry in the end of a log."""
    return [match["said"] for line in tail(log) if (match := form.fullmatch(line))]


def tail(log: Path) -> list[str]:
    """The last lines of a log that are not blank, as far as they can be shown."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - _TAIL_BYTES))
        read = file.read()
    return [line for line in map(_clean_line, read.split(b"\n")) if line.strip()]


def _clean_line(line: bytes) -> str:
    """A line as a terminal would leave it, without colours and what a progress bar wrote over, and not without end."""
    text = line.decode("utf-8", "replace")
    if not text.isprintable():
        text = _ESCAPE.sub("", text).rstrip("\r").rpartition("\r")[2]
        text = printable(text.replace("\t", "    "))
    return text if len(text) <= _LINE_CHARACTERS else f"{text[:_LINE_CHARACTERS]}…"
