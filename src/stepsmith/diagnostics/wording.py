"""Parts of messages that many messages share."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from stepsmith.diagnostics.finding import Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MOST_CHARACTERS_SHOWN = 60
# The most things that a message lists.
MOST_LISTED = 10


def short_repr(value: object) -> str:
    """A value of any type, shortened to what fits a message.

    >>> short_repr("a" * 100)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…"
    """
    text = repr(value)
    return text if len(text) <= _MOST_CHARACTERS_SHOWN else f"{text[:_MOST_CHARACTERS_SHOWN]}…"


def short_list(things: Sequence[object]) -> str:
    """Things in a sentence; of many, the first and the number of the others.

    >>> short_list(range(12))
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more'
    """
    listed = ", ".join(map(str, things[:MOST_LISTED]))
    return f"{listed} and {len(things) - MOST_LISTED:,} more" if len(things) > MOST_LISTED else listed


def relative_to_cwd(path: Path) -> str:
    """A path relative to the working directory if it is below that, and else the path itself."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def suggest_names(name: str, known: Iterable[str]) -> Suggestion:
    """Suggests the known names that are close to `name`, or else lists all of them. `values` has the close ones.

    >>> str(suggest_names("DumyTraining", ["DummyTraining", "Payload"]))
    "did you mean 'DummyTraining'?"
    >>> suggest_names("x", ["b", "a"])
    Suggestion(instruction='known: a, b', values=())
    """
    names = sorted(known)
    folded = {candidate.lower(): candidate for candidate in reversed(names)}
    close = tuple(folded[match] for match in difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.6))
    if close:
        return Suggestion("did you mean " + " or ".join(repr(candidate) for candidate in close) + "?", close)
    return Suggestion("known: " + ", ".join(names) if names else "none is known")
