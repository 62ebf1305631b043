"""Where in a file each value of a document stands, and what a person sees there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stepsmith.pipeline.fields import written_at

if TYPE_CHECKING:
    from stepsmith.errors import Finding

# Faults of a key and not of the value that it has.
_OF_KEYS = ("YML002", "YML006")
_OF_NAMES, _NO_FIELD = "DEF101", "is no field here"
# `steps`, the step's name, and the field's.
_NAME_DEPTH, _FIELD_DEPTH = 2, 3
_AT_THE_TOP = ("region", "role", "pipeline_s3_loc")
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

    @property
    def files(self) -> tuple[str, ...]:
        """The files that the values stand in, the document's own first."""
        return tuple(dict.fromkeys([self.file, *(place.file for place in self.keys.values())]))

    def locate(self, finding: Finding) -> Finding:
        """A finding with its place in the file: that of the longest part of its path which stands there.

        What a step has from elsewhere is told there: from `inputs`, from `defaults`, or from the top of the file.
        """
        if finding.at:
            return finding
        path = self._path(finding.where)
        # What is found in the definition is told at the field that it was made of.
        elsewhere = [*written_at(finding.where), *_had_from(path)]
        if path not in self.keys:
            path = next((place for place in elsewhere if place in self.keys), path)
        part = path
        while part not in self.keys and part:
            part = part[:-1]
        place = self.keys.get(part, Place(self.file, 1, 1))
        if part == path and not _is_of_key(finding, path):
            place = self.values.get(part, place)
        return replace(finding, at=place.at, excerpt=place.excerpt if part else "")

    def _path(self, where: str) -> tuple[str, ...]:
        """The path that a finding's place says; the name of a step or a parameter may have points in it."""
        path = _parts(where)
        if path in self.keys or not where:
            return path
        names = (".".join(key) for key in self.keys if len(key) == _NAME_DEPTH and key[1].count("."))
        name = max((one for one in names if f"{where}.".startswith(f"{one}.")), key=len, default="")
        return (*name.split(".", 1), *_parts(where[len(name) + 1 :])) if name else path

    def take(self, other: Places, path: tuple[str, ...]) -> None:
        """Takes over where a value stands, and all that is in it, from another file's."""
        for mine, theirs in ((self.keys, other.keys), (self.values, other.values)):
            mine.update({one: place for one, place in theirs.items() if one[: len(path)] == path})


def _had_from(path: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Where else the value of a step's field, or of an input, may be written."""
    if len(path) < _FIELD_DEPTH or path[0] != "steps":
        return []
    field = path[2:]
    shared = [("defaults", *field), ("defaults", field[0]), *([field[:1]] if field[0] in _AT_THE_TOP else [])]
    return [(*path[:2], "inputs", *field), *shared]


def _is_of_key(finding: Finding, path: tuple[str, ...]) -> bool:
    """Whether it is the key that is wrong, and not the value that it has."""
    is_name = finding.code == _OF_NAMES and len(path) > 1
    return finding.code in _OF_KEYS or is_name or finding.what.endswith(_NO_FIELD)


def _parts(where: str) -> tuple[str, ...]:
    return tuple(where.replace("[", ".").replace("]", "").split(".")) if where else ()
