"""Typed readers of JSON that anyone may have written: each adds its own key to the place that an error names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.diagnostics import About, DefinitionError, Example, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.diagnostics.finding import Path

_MISSING: Any = object()
# What JSON calls each type.
_WORDS: dict[type, str] = {
    dict: "an object", list: "a list", str: "a string", bool: "true or false", int: "a whole number", float: "a number"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class JsonReader:
    """A JSON object at `path`, such as `("Steps", 2, "Arguments")`. A reader without a default needs its key to exist.

    Raises: DefinitionError, in every reader, when a value is not of the reader's type.
    """

    value: Mapping[str, Any]
    path: Path = ()

    @classmethod
    def of(cls, value: Any, path: Path = (), subject: str = "it") -> JsonReader:
        """The readers of `value`, which is to be an object."""
        if not isinstance(value, dict):
            raise _wrong(subject, "a JSON object", value, path)
        return cls(value, path)

    def text(self, key: str, default: Any = _MISSING) -> Any:
        """A string."""
        return self._typed(key, (str,), default)

    def whole(self, key: str, default: Any = _MISSING) -> Any:
        """A whole number."""
        return self._typed(key, (int,), default)

    def number(self, key: str, default: Any = _MISSING) -> Any:
        """A number."""
        return self._typed(key, (float, int), default)

    def switch(self, key: str, default: Any = _MISSING) -> Any:
        """True or false."""
        return self._typed(key, (bool,), default)

    def fields(self, key: str, default: Any = _MISSING) -> JsonReader:
        """An object, with readers of its own."""
        return JsonReader(self._typed(key, (dict,), default), self.at(key))

    def items(self, key: str, default: Any = _MISSING) -> list[Any]:
        """A list of anything."""
        items_found: list[Any] = self._typed(key, (list,), default)
        return items_found

    def texts(self, key: str, default: Any = _MISSING) -> tuple[str, ...]:
        """A list of strings."""
        items = self.items(key, default)
        for index, item in enumerate(items):
            if not isinstance(item, str):
                raise _wrong(key, "a list of strings", item, self.at(key, index))
        return tuple(items)

    def each(self, key: str, default: Any = _MISSING) -> list[JsonReader]:
        """A list of objects, each with readers of its own."""
        return [
            JsonReader.of(item, self.at(key, index), "an entry") for index, item in enumerate(self.items(key, default))
        ]

    def at(self, *keys: str | int) -> Path:
        """The path of one of the object's values, or of what is inside it."""
        return (*self.path, *keys)

    def _typed(self, key: str, types: tuple[type, ...], default: Any) -> Any:
        value = self.value.get(key, default)
        if value is _MISSING:
            raise DefinitionError("DEF022", f"{key} is missing", where=self.at(key), fix=f"write {key}")
        # To Python a bool is a whole number; to JSON it is none.
        fits = isinstance(value, types) and (bool in types or not isinstance(value, bool))
        if not fits and value is not default:
            raise _wrong(key, _WORDS[types[0]], value, self.at(key))
        return value


def _wrong(subject: str, expected: str, value: Any, path: Path) -> DefinitionError:
    actual = "null" if value is None else _WORDS.get(type(value), type(value).__name__)
    return DefinitionError("DEF022", f"{subject} is to be {expected}, and is {actual}", where=path)


RULES = (
    Rule(
        "DEF022",
        "A member of the wrong form",
        "SageMaker reads each member in one form only, and refuses the definition otherwise.",
        About.DEFINITION,
        "Write the member in the form that the message names, or add it if it is missing.",
        Example("definition.json", '"ElseSteps": [{"Name": "stop",', '"ElseSteps": [{"Name": 1,'),
    ),
)
