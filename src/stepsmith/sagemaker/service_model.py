"""SageMaker's own description of its requests and answers, as the installed botocore has it.

Nothing of botocore is imported: its data is one JSON file a service, read when a shape is first asked for, so that what
is checked follows the botocore that is installed, and loading it costs the reading of that file.
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepsmith.diagnostics import About, DefinitionError, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of the model: what a value is to be.

    `type` is the model's word: structure, list, map, string, integer, long, float, double, boolean, timestamp. Of a
    structure, `members` are the names of the members' shapes; of a list or map, `item` names the shape of what it
    holds, and `key` that of a map's keys. `least` and `most` bound a number, or the length of all else.
    """

    name: str
    type: str
    members: Mapping[str, str]
    required: tuple[str, ...]
    item: str
    key: str
    enum: tuple[str, ...]
    pattern: str
    least: float | None
    most: float | None


class Service:
    """A service's shapes, by their names and by the operations that take and give them."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self._operations: Mapping[str, Any] = model["operations"]
        self._raw: Mapping[str, Any] = model["shapes"]
        self._shapes: dict[str, Shape] = {}

    @property
    def shape_names(self) -> tuple[str, ...]:
        """The names of all shapes."""
        return tuple(self._raw)

    def shape(self, name: str) -> Shape:
        """The shape of that name.

        Raises: KeyError when there is none.
        """
        found = self._shapes.get(name)
        if found is None:
            found = self._shapes[name] = _shape(name, self._raw[name])
        return found

    def input_of(self, operation: str) -> Shape | None:
        """What an operation takes, or None where the service has no such operation."""
        return self._side(operation, "input")

    def output_of(self, operation: str) -> Shape | None:
        """What an operation gives, or None where the service has no such operation."""
        return self._side(operation, "output")

    def _side(self, operation: str, side: str) -> Shape | None:
        named = self._operations.get(operation, {}).get(side)
        return self.shape(named["shape"]) if named else None


def service(name: str = "sagemaker") -> Service:
    """The newest model of a service that the installed botocore has, read once.

    Raises: DefinitionError when there is none.
    """
    return _read(name)


@cache
def _read(name: str) -> Service:
    spec = find_spec("botocore")
    roots = [Path(root) / "data" / name for root in (spec.submodule_search_locations or ())] if spec else []
    # The folders are named by dates: the last is the newest.
    files = sorted(file for root in roots for file in root.glob("*/service-2.json*"))
    if not files:
        raise DefinitionError("DEF149", f"botocore's description of {name} is not installed", fix="install boto3")
    content = files[-1].read_bytes()
    return Service(json.loads(gzip.decompress(content) if files[-1].suffix == ".gz" else content))


def _shape(name: str, raw: Mapping[str, Any]) -> Shape:
    return Shape(
        name=name,
        type=raw["type"],
        members={member: to["shape"] for member, to in raw.get("members", {}).items()},
        required=tuple(raw.get("required", ())),
        item=(raw.get("member") or raw.get("value") or {}).get("shape", ""),
        key=raw.get("key", {}).get("shape", ""),
        enum=tuple(raw.get("enum", ())),
        pattern=raw.get("pattern", ""),
        least=raw.get("min"),
        most=raw.get("max"),
    )


def matches_pattern(pattern: str, text: str) -> bool | None:
    r"""Whether a pattern of the model matches the whole of `text`; None where it cannot be told.

    The patterns are Java's: `\p{L}` is a letter of any script, and `\d`, `\w` and `\s` are ASCII.

    >>> matches_pattern(r"[\p{L}\p{N}]+", "größe2"), matches_pattern(r"[\p{L}\p{N}]+", "a b")
    (True, False)
    """
    compiled = compiled_pattern(pattern)
    if compiled is None:
        return None
    regex, is_folded = compiled
    return regex.fullmatch(_folded(text) if is_folded else text) is not None


# The categories of Unicode that the patterns name; a character outside ASCII is held against them by its category, in
# whose place stands one character of the private use area.
_CATEGORY = re.compile(r"\\p\{([LMNPSZ])\}")
_PRIVATE = 0xE000
# What else Python reads otherwise: POSIX classes, code points beyond the first plane, a bound of an anchor (which the
# shape's own lengths say again).
_REWRITTEN = (
    (r"\p{Alnum}", "a-zA-Z0-9"),
    (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"),
)
_BOUND_ANCHOR = re.compile(r"\$\{\d+,\d+\}")


@cache
def compiled_pattern(pattern: str) -> tuple[re.Pattern[str], bool] | None:
    """The pattern as Python's, and whether a text is to be folded for it; None where Python has no such pattern."""
    for theirs, ours in _REWRITTEN:
        pattern = pattern.replace(theirs, ours)
    pattern = _BOUND_ANCHOR.sub("$", pattern)
    translated = _CATEGORY.sub(lambda match: _category(match[1]), pattern)
    try:
        return re.compile(translated, re.ASCII), translated != pattern
    except re.error:
        return None


@cache
def _category(letter: str) -> str:
    """The characters of a category, as they stand in a class: those of ASCII, and the one for all others."""
    ascii_ones = (chr(code) for code in range(128) if unicodedata.category(chr(code))[0] == letter)
    return "".join(re.escape(one) for one in ascii_ones) + chr(_PRIVATE + ord(letter))


def _folded(text: str) -> str:
    return "".join(one if one.isascii() else chr(_PRIVATE + ord(unicodedata.category(one)[0])) for one in text)


RULES = (
    Rule(
        "DEF149",
        "A missing service description",
        "Stepsmith checks requests against the API description that botocore ships. Without it, arguments "
        "cannot be checked.",
        About.DEFINITION,
        "Install or reinstall boto3: `pip install boto3`.",
    ),
)
