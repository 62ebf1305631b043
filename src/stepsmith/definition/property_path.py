"""Paths into the properties of a step, and into JSON: their parts."""

from __future__ import annotations

import re
from dataclasses import dataclass

_INDEX_OR_KEY = r"""\[(?P<index>\d+)\]|\[(?P<quote>['"])(?P<key>.*?)(?P=quote)\]"""
_PROPERTY = re.compile(rf"\.(?P<member>\w+)|{_INDEX_OR_KEY}")
# The path of a JsonGet: the service accepts names with hyphens, and a first name without a dot.
_JSON = re.compile(rf"\.?(?P<member>[\w-]+)|{_INDEX_OR_KEY}")


@dataclass(frozen=True, slots=True)
class PathPart:
    """A part of a path: its text, and the member, the index or the key that it names."""

    text: str
    member: str | None
    index: int | None
    key: str | None


def property_path(text: str) -> list[PathPart] | None:
    """The parts of a property path, in order; None if it is not one.

    >>> [part.text for part in property_path(".Outputs['model'].S3Output")]
    ['.Outputs', "['model']", '.S3Output']
    """
    return _parts(_PROPERTY, text)


def json_path(text: str) -> list[PathPart] | None:
    """The parts of the path of a JsonGet, in order; None if it is not one."""
    return _parts(_JSON, text)


def _parts(pattern: re.Pattern[str], text: str) -> list[PathPart] | None:
    parts, position = [], 0
    while position < len(text):
        match = pattern.match(text, position)
        if match is None:
            return None
        index = int(match["index"]) if match["index"] else None
        parts.append(PathPart(match[0], match["member"], index, match["key"]))
        position = match.end()
    return parts
