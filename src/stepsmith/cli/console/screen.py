"""What commands say: lines that a closed pipe does not stop, tables and entries that fit a terminal, errors, JSON."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stepsmith.diagnostics import RunError, finding_as_json, printable, relative_to_cwd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stepsmith.diagnostics import StepsmithError

_LEAST_COLUMNS = 40
_COLUMN_CHARACTERS = 10
# Beside a name of this width a digest just fits into 80 columns.
_FACT_CHARACTERS = 16
# Controls, surrogates, and characters that have no shape or change the direction of others.
_HIDDEN = re.compile("[\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")
_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000


class LostOutput:
    """What a command could not write, because the output is full; and not what nobody reads any more."""

    def __init__(self) -> None:
        self.error: OSError | None = None

    def note(self, error: OSError, *, err: bool) -> None:
        """Notes a failed write, and drops all that follows."""
        if error.errno != errno.EPIPE and not err:
            self.error = self.error or error
        stream = sys.stderr if err else sys.stdout
        # As Python's own documentation of SIGPIPE advises, so that nothing is flushed into it at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

    def raise_if_any(self) -> None:
        """Raises: RunError if something could not be written since the last call."""
        error, self.error = self.error, None
        if error is not None:
            what = f"the output cannot be written: {error.strerror}"
            raise RunError("RUN009", what, fix="see that there is room, or write it elsewhere") from error


LOST = LostOutput()


def write_text(text: str, *, err: bool = False) -> None:
    """Prints text as it is, with what a terminal obeys in it.

    If the output is closed or full, this and all that follows is dropped: a run goes on, and `LOST` knows it.
    """
    try:
        click.echo(text.encode("utf-8", "replace").decode("utf-8"), err=err)
    except UnicodeEncodeError:
        click.echo(text.encode("ascii", "backslashreplace").decode("ascii"), err=err)
    except OSError as error:
        LOST.note(error, err=err)


def print_line(text: str, *, err: bool = False) -> None:
    """Prints lines; what a terminal would obey in them, in a name say, is escaped. Bears what `write_text` does."""
    write_text("\n".join(map(printable, text.split("\n"))), err=err)


def print_json(document: Any) -> None:
    """Prints one JSON document."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    # What is not shown stands in a JSON text as its own escape.
    print_line(_HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], text))


def print_table(rows: Sequence[Mapping[str, str]], *, folds: str) -> None:
    """Prints rows under the names of their columns, which every row has; the column `folds` is folded in a terminal."""
    cells = [list(rows[0]), *([printable(cell) for cell in row.values()] for row in rows)]
    # Importing rich takes time, and most commands print no table.
    from rich.cells import cell_len  # noqa: PLC0415

    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    folded = list(rows[0]).index(folds)
    widths[folded] = max(widths[folded], _COLUMN_CHARACTERS)
    if is_terminal() and sum(widths) + 2 * len(widths) > shutil.get_terminal_size().columns:
        _print_folded_table(cells, folds)
        return
    # Rich takes 1.6 s to lay out 5,000 rows, so it only does what must be folded.
    lines = [
        "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    lines[0] = click.style(lines[0], bold=True) if is_terminal() else lines[0]
    write_text("\n".join(lines))


def _print_folded_table(cells: Sequence[Sequence[str]], folds: str) -> None:
    """Prints a table, its header first, that is wider than the terminal."""
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    header, *rows = cells
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for name in header:
        if name == folds:
            table.add_column(name, overflow="fold", min_width=_COLUMN_CHARACTERS)
        else:
            table.add_column(name, no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console()
    with console.capture() as output:
        console.print(table)
    # The console chooses colours; `write_text` bears a closed pipe.
    write_text("\n".join(line.rstrip() for line in output.get().splitlines()))


def print_facts(facts: Mapping[str, str | Path]) -> None:
    """Prints a line a fact, its name before it; a fact that is empty is left out, and a path is never folded."""
    width = max(_FACT_CHARACTERS, *(len(name) + 2 for name in facts), 0)
    for name, value in facts.items():
        if isinstance(value, Path):
            print_line(f"{name:<{width}}{printable(relative_to_cwd(value))}")
        elif value:
            print_wrapped(f"{name:<{width}}{value}", indent=width)


def print_wrapped(text: str, *, indent: int = 0, err: bool = False) -> None:
    """Prints a paragraph, in a terminal folded between words, all lines but the first `indent` further in."""
    print_line(_folded(printable(text), indent), err=err)


def plural(number: int, what: str) -> str:
    """A number of things, in words.

    >>> plural(1, "file"), plural(2000, "file")
    ('1 file', '2,000 files')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def format_size(bytes_: int) -> str:
    """A number of bytes as one reads it, in powers of 1,000.

    >>> format_size(999), format_size(12_345), format_size(5_000_000_000)
    ('999 B', '12.3 kB', '5.0 GB')
    """
    value, unit = float(bytes_), _UNITS[0]
    for larger in _UNITS[1:]:
        # What would be rounded up to the next unit is told in it.
        if value < _STEP - 0.05:
            break
        value, unit = value / _STEP, larger
    return f"{bytes_} B" if unit == _UNITS[0] else f"{value:.1f} {unit}"


def format_duration(seconds: float) -> str:
    """A time as one reads it.

    >>> format_duration(5.4), format_duration(95), format_duration(7_300)
    ('5 s', '1 min 35 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def error_as_json(error: StepsmithError) -> dict[str, Any]:
    """The JSON of an error: its findings."""
    return {"status": "Failed", "findings": [finding_as_json(finding) for finding in error.findings]}


def is_terminal() -> bool:
    """Whether the output is a terminal; where it was closed from the start there is none."""
    return sys.stdout is not None and sys.stdout.isatty()


def _folded(text: str, indent: int) -> str:
    columns = shutil.get_terminal_size().columns
    if not is_terminal() or len(text) <= columns:
        return text
    return textwrap.fill(
        text,
        width=max(columns, _LEAST_COLUMNS, indent + 1),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
