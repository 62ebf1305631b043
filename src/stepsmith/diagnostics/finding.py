"""`Finding`, the record of one problem, and its parts: a position in a file, a path in a pipeline, a suggestion."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from stepsmith.diagnostics.rendering import render_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Where something is in a pipeline, a definition or an archive, from the outside in: a str is a name, an int an index.
Path: TypeAlias = tuple[str | int, ...]
STEPS = "steps"
# The parts of a path up to a step's name, and up to the name of its field.
_STEP_PARTS, _FIELD_PARTS = 2, 3
# The part of a path that leads from a step into its request, which no field of a config is named like.
ARGUMENTS = "Arguments"
# An excerpt shows this many characters of a line, around the position.
_EXCERPT_CHARACTERS = 100


class Key(str):
    """A key of a map, which a path shows in brackets: `Environment['STAGE']`. It equals the plain text."""

    __slots__ = ()


class Severity(str, Enum):
    """Whether a finding stops a pipeline."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Position:
    """A position in a file. Line and column count from 1; 0 means that only the file, or only the line, is known.

    `text` is the text of the line.
    """

    file: str
    line: int = 0
    column: int = 0
    text: str = field(default="", compare=False)

    def __str__(self) -> str:
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])

    @property
    def excerpt(self) -> str:
        """The line, shortened if it is long, and a caret below the column. Empty if there is nothing to show.

        >>> print(Position("p.yaml", 3, 9, "region: eu west").excerpt)
        region: eu west
                ^
        """
        first = 0 if len(self.text) <= _EXCERPT_CHARACTERS else max(0, self.column - _EXCERPT_CHARACTERS // 2)
        line = self.text[first : first + _EXCERPT_CHARACTERS]
        # One character for one, so that the caret stays below it.
        line = "".join(character if character.isprintable() else " " for character in line)
        return f"{line.rstrip()}\n{' ' * (self.column - 1 - first)}^" if line.strip() else ""


class Suggestion(NamedTuple):
    """What to do about a finding: a sentence for people, and the values that may be meant, for programs."""

    instruction: str = ""
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.instruction

    def __bool__(self) -> bool:
        return bool(self.instruction)


NO_DATA: Mapping[str, Any] = {}
# The last part of a path that has failed if a key beside it is not known and resembles no other: nobody knows what it
# was meant to be, so that a finding about something that is missing there may only follow from it.
ANY_KEY = "*"
# The data of a finding about a key or name itself, not about its value: its position is that of the key.
ABOUT_KEY: Mapping[str, Any] = {"about": "key"}
# The data of a finding about a credential: the line that holds it is not shown.
ABOUT_SECRET: Mapping[str, Any] = {"about": "secret"}


@dataclass(frozen=True, slots=True, init=False)
class Finding:
    """One problem: its code, where it is, what is wrong and what to do about it.

    `path` says where in the pipeline, definition or archive, and `position` where in a file. `requires` lists the paths
    without which this finding means nothing: if one of them has a finding of its own, this one only follows from it.
    `data` holds facts for programs.
    """

    code: str
    message: str
    path: Path
    suggestion: Suggestion
    position: Position | None
    severity: Severity
    data: Mapping[str, Any] = field(compare=False)
    requires: tuple[Path, ...] = field(compare=False)

    def __init__(
        self,
        code: str,
        message: str,
        path: Path | str = (),
        suggestion: Suggestion | str = "",
        position: Position | None = None,
        severity: Severity = Severity.ERROR,
        data: Mapping[str, Any] = NO_DATA,
        requires: Iterable[Path] = (),
    ) -> None:
        """A single name may stand for a path of that name, and an instruction for a suggestion without values."""
        set_field = object.__setattr__  # as every frozen dataclass does
        set_field(self, "code", code)
        set_field(self, "message", message)
        set_field(self, "path", path if isinstance(path, tuple) else (path,) if path else ())
        set_field(self, "suggestion", Suggestion(suggestion) if isinstance(suggestion, str) else suggestion)
        set_field(self, "position", position)
        set_field(self, "severity", severity)
        set_field(self, "data", data)
        set_field(self, "requires", tuple(requires))

    def __str__(self) -> str:
        return render_text([self])

    @property
    def step(self) -> str | None:
        """The name of the step that it is about, or None."""
        is_in_step = len(self.path) >= _STEP_PARTS and self.path[0] == STEPS
        return str(self.path[1]) if is_in_step else None

    @property
    def field(self) -> str | None:
        """The field that it is about, of the step or of the whole pipeline, or None."""
        if self.step is None:
            return str(self.path[0]) if self.path else None
        is_in_field = len(self.path) >= _FIELD_PARTS and self.path[2] != ARGUMENTS
        return str(self.path[2]) if is_in_field else None

    @property
    def is_warning(self) -> bool:
        """Whether it is a warning, which stops nothing."""
        return self.severity is Severity.WARNING

    @property
    def where(self) -> str:
        """The path as text."""
        return path_text(self.path)

    @property
    def at(self) -> str:
        """The position as text, `file:line:column`; empty if it is not known."""
        return str(self.position) if self.position else ""

    @property
    def is_about_key(self) -> bool:
        """Whether the key that the path ends with is wrong, and not the value that it has."""
        return self.data.get("about") == "key"

    def at_position(self, position: Position) -> Finding:
        """This finding at a position in a file, without the line if that holds a credential."""
        is_secret = self.data.get("about") == "secret"
        return replace(self, position=replace(position, text="") if is_secret else position)

    def inside(self, *outer: str | int) -> Finding:
        """This finding, with its paths below `outer`."""
        return replace(self, path=(*outer, *self.path), requires=tuple((*outer, *path) for path in self.requires))


def line_and_column(finding: Finding) -> tuple[int, int]:
    """A key that sorts findings in the order of their file, those without a position first."""
    return (finding.position.line, finding.position.column) if finding.position else (0, 0)


def path_text(path: Path) -> str:
    """A path as people read it.

    >>> path_text(("steps", "train", "Arguments", "ProcessingInputs", 0, "S3Input"))
    'steps.train.Arguments.ProcessingInputs[0].S3Input'
    >>> path_text(("Environment", Key("STAGE")))
    "Environment['STAGE']"
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif isinstance(part, Key):
            text += f"['{part}']"
        else:
            text += f".{part}" if text else part
    return text
