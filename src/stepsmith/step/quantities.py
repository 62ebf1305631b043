"""Durations and sizes as people write them, `20m` and `30 GB`, as the numbers that the service takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# How many seconds each unit has, by every word for it.
_TIMES: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
        **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), _MINUTE),
        **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), _HOUR),
        **dict.fromkeys(("d", "day", "days"), _DAY),
        **dict.fromkeys(("w", "week", "weeks"), 7 * _DAY),
    }
)
# The service's GB are GiB. Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
_SIZES: Mapping[str, int] = MappingProxyType({"gb": 1, "gib": 1, "tb": 1024, "tib": 1024})


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """Beside a number in a field's type: text with units is taken too, as so many of what the field counts.

    Raises: ValueError when the text is none, or no whole number of them.
    """

    name: str
    units: Mapping[str, int]
    each: int
    example: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The field's own schema, after the text was read."""
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Either the number or the text; of what has no units, the number."""
        number = handler(schema)
        text = {"type": "string", "format": f"{self.name} like {self.example}"}
        return {"anyOf": [number, text]} if self.units else number

    def read(self, value: Any) -> Any:
        """What the field counts; what is no text, or text of digits alone, as it is.

        >>> SECONDS.read("1h30m"), SECONDS.read("1200"), GIGABYTES.read("1 TB")
        (5400, '1200', 1024)
        """
        if isinstance(value, bool):
            raise ValueError(f"{value!r} is no {self.name}; write it like {self.example}")  # noqa: TRY004 - pydantic's way
        if not isinstance(value, str) or value.strip().isdigit():
            return value
        total = _total(value, self.units)
        if total is None:
            raise ValueError(f"{value!r} is no {self.name}; write it like {self.example}")
        if total % self.each:
            raise ValueError(f"{value!r} is no whole number of {self.name} units here; write it like {self.example}")
        return int(total // self.each)


def _total(text: str, units: Mapping[str, int]) -> float | None:
    """The sum of what a text says, in the smallest unit; None where it says something else."""
    position, total = 0, 0.0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None or part[2].lower() not in units:
            return None
        total += float(part[1]) * units[part[2].lower()]
        position = part.end()
    return total if position else None


SECONDS = Quantity("duration", _TIMES, 1, "20m")
MINUTES = Quantity("duration", _TIMES, _MINUTE, "2h")
COUNT = Quantity("count", MappingProxyType({}), 1, "2")
GIGABYTES = Quantity("size", _SIZES, 1, "30 GB")


def iso_duration(text: str) -> str:
    """A duration as ISO 8601 writes it, of one with units; any other text as it is.

    >>> iso_duration("30 days"), iso_duration("12h"), iso_duration("P30D")
    ('P30D', 'PT12H', 'P30D')
    """
    seconds = _total(text, _TIMES)
    if not seconds or seconds % 1:
        return text
    days, rest = divmod(int(seconds), _DAY)
    parts = zip((*divmod(rest // _MINUTE, 60), rest % _MINUTE), "HMS", strict=True)
    time = "".join(f"{number}{unit}" for number, unit in parts if number)
    return f"P{f'{days}D' if days else ''}{f'T{time}' if time else ''}"
