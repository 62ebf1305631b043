"""Where in a file each value of a document stands, and what a person sees there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stepsmith.diagnostics import Position, path_text
from stepsmith.pipeline.fields import written_at

if TYPE_CHECKING:
    from stepsmith.diagnostics import Finding
    from stepsmith.diagnostics.finding import Path

# `steps`, the step's name, and the field's.
_FIELD_DEPTH = 3
_AT_THE_TOP = ("region", "role", "pipeline_s3_loc")


class Places:
    """The place of each key of a document, and that of its value where it begins on the same line.

    A path is that of a value: `("steps", "model", "type")`, an entry of a list by its number.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.keys: dict[Path, Position] = {}
        self.values: dict[Path, Position] = {}

    @property
    def files(self) -> tuple[str, ...]:
        """The files that the values stand in, the document's own first."""
        return tuple(dict.fromkeys([self.file, *(place.file for place in self.keys.values())]))

    def locate(self, finding: Finding) -> Finding:
        """A finding with its place in the file: that of the longest part of its path which stands there.

        What a step has from elsewhere is told there: from `inputs`, from `defaults`, or from the top of the file.
        """
        if finding.position:
            return finding
        path = finding.path
        # What is found in the definition is told at the field that it was made of.
        elsewhere = [*written_at(path_text(path)), *_had_from(path)]
        if path not in self.keys:
            path = next((place for place in elsewhere if place in self.keys), path)
        part = path
        while part not in self.keys and part:
            part = part[:-1]
        place = self.keys.get(part, Position(self.file, 1, 1))
        if part == path and not finding.is_about_key:
            place = self.values.get(part, place)
        return replace(finding, position=place if part else replace(place, text=""))

    def take(self, other: Places, path: Path) -> None:
        """Takes over where a value stands, and all that is in it, from another file's."""
        for mine, theirs in ((self.keys, other.keys), (self.values, other.values)):
            mine.update({one: place for one, place in theirs.items() if one[: len(path)] == path})


def _had_from(path: Path) -> list[Path]:
    """Where else the value of a step's field, or of an input, may be written."""
    if len(path) < _FIELD_DEPTH or path[0] != "steps":
        return []
    field = path[2:]
    shared = [("defaults", *field), ("defaults", field[0]), *([field[:1]] if field[0] in _AT_THE_TOP else [])]
    return [(*path[:2], "inputs", *field), *shared]
