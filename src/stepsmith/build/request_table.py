"""The table that a request is built from. Read forward it builds the arguments; read backward it names their fields.

A row says which argument is made of which value, in the order in which the arguments are written. A value is a field of
the config under its own name, or something that the builder computes. A computed value that is made of several fields
is a `Traced`: it says which of its parts comes from which field.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stepsmith.diagnostics.finding import Path
    from stepsmith.step.config import BasePipelineConfig


class Argument(NamedTuple):
    """A row: the path of an argument, and the name of the value that it is made of."""

    path: Path
    value: str


class Traced(NamedTuple):
    """A computed value, and the path of the field that each part of it is made of; `()` is the whole value."""

    value: Any
    origins: Mapping[Path, Path] = {}


class Request(NamedTuple):
    """The arguments of a request, and by the path of an argument the path of its field."""

    arguments: dict[str, Any]
    origins: Mapping[Path, Path]


def request_of(table: Iterable[Argument], config: BasePipelineConfig, computed: Mapping[str, Any]) -> Request:
    """The request that a table describes. An argument is left out if its value is None, False, or empty text or map.

    `computed` has the values that are not fields, and those that stand in place of a field's own.
    """
    request = Request({}, {})
    origins: dict[Path, Path] = {}
    for row in table:
        value = computed[row.value] if row.value in computed else getattr(config, row.value)
        parts: dict[Path, Path] = {(): (row.value,)} if row.value in type(config).model_fields else {}
        if isinstance(value, Traced):
            parts, value = {**parts, **value.origins}, value.value
        elif parts and isinstance(value, dict | tuple):
            keys: Iterable[Any] = value if isinstance(value, dict) else range(len(value))
            parts |= {(key,): (row.value, key) for key in keys}
        # An argument that is left out has an origin too: a finding may say that it is missing.
        origins.update({(*row.path, *part): origin for part, origin in parts.items()})
        if value is not None and value is not False and (value or not isinstance(value, str | tuple | dict)):
            _put(request.arguments, row.path, list(value) if isinstance(value, tuple) else value)
    return Request(request.arguments, origins)


def origin_of(path: Path, origins: Mapping[Path, Path]) -> Path | None:
    """The path of the field that an argument, or the nearest argument that contains it, is made of; or None.

    >>> origin_of(("ProcessingInputs", 0, "S3Input"), {("ProcessingInputs", 0): ("data",)})
    ('data',)
    """
    return next((origins[path[:end]] for end in range(len(path), -1, -1) if path[:end] in origins), None)


def _put(arguments: dict[str, Any], path: Path, value: Any) -> None:
    inside: Any = arguments
    for part, following in pairwise(path):
        if isinstance(part, int):
            inside += [{} for _ in range(len(inside), part + 1)]
            inside = inside[part]
        else:
            inside = inside.setdefault(part, [] if isinstance(following, int) else {})
    inside[path[-1]] = value
