"""Where in a file each value of a document stands, and what a person sees there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stepsmith.pipeline.fields import written_at

if TYPE_CHECKING:
    from stepsmith.errors import Finding

# Faults of a key and not of the value that it has.
_OF_KEYS = ("YML002", "YML006")
# So much of a line is shown, around the place in it.
_SHOWN_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: its line and column, counted from 1, and the text of that line."""

    file: str
    line: int
    column: int
    text: str = ""

    @property
    def at(self) -> str:
        """The place as errors name it."""
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def excerpt(self) -> str:
        """The line, as far as it is shown, and below it a caret.

        >>> print(Place("p.yaml", 3, 9, "region: eu west").excerpt)
        region: eu west
                ^
        """
        first = 0 if len(self.text) <= _SHOWN_CHARACTERS else max(0, self.column - _SHOWN_CHARACTERS // 2)
        line = self.text[first : first + _SHOWN_CHARACTERS]
        shown = "".join(character if character.isprintable() else " " for character in line)
        return f"{shown.rstrip()}\n{' ' * (self.column - 1 - first)}^" if shown.strip() else ""


class Places:
    """The place of each key of a document, and that of its value where it begins on the same line.

    A path is that of a value: `("steps", "model", "type")`, an entry of a list by its number as text.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.keys: dict[tuple[str, ...], Place] = {}
        self.values: dict[tuple[str, ...], Place] = {}

    def locate(self, finding: Finding) -> Finding:
        """A finding with its place in the file: that of the longest part of its path which stands there."""
        if finding.at:
            return finding
        path = tuple(finding.where.replace("[", ".").replace("]", "").split(".")) if finding.where else ()
        # What is found in the definition is told at the field that it was made of.
        path = next((place for place in written_at(finding.where) if place in self.keys), path)
        part = path
        while part not in self.keys and part:
            part = part[:-1]
        place = self.keys.get(part, Place(self.file, 1, 1))
        if part == path and finding.code not in _OF_KEYS:
            place = self.values.get(part, place)
        return replace(finding, at=place.at, excerpt=place.excerpt if part else "")

    def take(self, other: Places, path: tuple[str, ...]) -> None:
        """Takes over where a value stands, and all that is in it, from another file's."""
        for mine, theirs in ((self.keys, other.keys), (self.values, other.values)):
            mine.update({one: place for one, place in theirs.items() if one[: len(path)] == path})
