"""Where each value of a document is, and where a finding about it is shown."""

from __future__ import annotations

from dataclasses import replace

from stepsmith.diagnostics import ANY_KEY, Finding, Position
from stepsmith.diagnostics.finding import STEPS, Path
from stepsmith.step.config import ProcessingStepConfigBase

DEFAULTS, INPUTS = "defaults", "inputs"
# The keys of a pipeline that are fields of each of its steps.
SHARED_FIELDS = ("region", "role", "pipeline_s3_loc")
# The fields that `defaults` may have, and what stands for any of them.
_DEFAULTS = {*ProcessingStepConfigBase.model_fields, ANY_KEY}
# The length of a path to a field, by the path's first part; 1 for all others.
_FIELD_PARTS = {STEPS: 3, DEFAULTS: 2, "parameters": 3}


def paths_in_document(path: Path) -> list[Path]:
    """The paths at which a user may have written the value of a path, the nearest first.

    >>> paths_in_document(("steps", "model", "role"))
    [('steps', 'model', 'role'), ('steps', 'model', 'inputs', 'role'), ('role',), ('defaults', 'role')]
    """
    if not is_of_step_field(path):
        return [path]
    field = path[2:]
    shared = [field] if field[0] in (*SHARED_FIELDS, ANY_KEY) else []
    defaults = [(DEFAULTS, *field)] if field[0] in _DEFAULTS else []
    return [path, (*path[:2], INPUTS, *field), *shared, *defaults]


def is_of_step_field(path: Path) -> bool:
    """Whether a path leads to a field of a step, or into it."""
    return len(path) >= _FIELD_PARTS[STEPS] and path[0] == STEPS


class PositionMap:
    """The position of each key of a document, and that of its value if it begins on the same line.

    Both are found by the path of the value: `("steps", "model", "type")`. An entry of a list has its number.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.keys: dict[Path, Position] = {}
        self.values: dict[Path, Position] = {}

    def locate(self, finding: Finding) -> Finding:
        """A finding with its position: that of the value, or else of the nearest that contains it."""
        if finding.position or not finding.path:
            return finding if finding.position else finding.at_position(self._nearest(()))
        paths = paths_in_document(finding.path)
        exact = next((path for path in paths if path in self.keys), None)
        # What is inside a value that is written as one text is shown at that value.
        path = exact if exact is not None else next((field for field in map(self._field, paths) if field), None)
        if path is None or (finding.is_about_key and exact is None):
            return finding.at_position(self._nearest(finding.path))
        position = self.keys[path]
        return finding.at_position(position if finding.is_about_key else self.values.get(path, position))

    def _field(self, path: Path) -> Path | None:
        """The longest part of a path that is in the file and leads at least to a field."""
        return self._longest(path, _FIELD_PARTS.get(str(path[0]), 1) + (path[2:3] == (INPUTS,)))

    def _nearest(self, path: Path) -> Position:
        """The position of the nearest key that contains what a path leads to, or else of the start of the file."""
        nearest = self._longest(path, 1)
        return self.keys[nearest] if nearest else replace(self.keys.get((), Position(self.file, 1, 1)), text="")

    def _longest(self, path: Path, shortest: int) -> Path | None:
        return next((path[:end] for end in range(len(path), shortest - 1, -1) if path[:end] in self.keys), None)

    def copy(self, other: PositionMap, path: Path) -> None:
        """Copies the positions of a value, and of all in it, from another file's."""
        for target, source in ((self.keys, other.keys), (self.values, other.values)):
            target.update({inner: position for inner, position in source.items() if inner[: len(path)] == path})
