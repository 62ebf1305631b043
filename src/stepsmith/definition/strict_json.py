"""JSON text, strictly: what Python's reader lets pass and others do not is refused, with its line and column.

Source: RFC 8259, 4 (names should be unique), 6 (no NaN), 8.2 (a lone surrogate is no character).
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from stepsmith.diagnostics import About, DefinitionError, Example, Rule

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|NaN|-?Infinity', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _Refused(Exception):  # noqa: N818 - where it stands is looked up then
    pass


def parse_json(text: str) -> Any:
    """What a JSON text says.

    Raises: DefinitionError when it is none, a name stands twice in an object, or it holds NaN or a lone surrogate.
    """
    if _ESCAPED_SURROGATE.search(text) or _SURROGATE.search(text):
        _refuse_surrogates(text)
    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_object)
    except _Refused:
        _refuse_at_position(text)
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg.removesuffix(' at')} at line {error.lineno}, column {error.colno}"
        raise DefinitionError("DEF020", message) from None
    except ValueError as error:  # a number of thousands of digits
        raise DefinitionError("DEF020", f"not JSON that can be read: {error}") from None


def _refuse(_: str) -> NoReturn:
    raise _Refused


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Refused
    return members


def _refuse_at_position(text: str) -> NoReturn:
    """Raises: DefinitionError for the first name that stands twice, or constant that is none, in a text of JSON."""
    names: list[set[str] | None] = [None]
    before = ""
    for token in _TOKEN.finditer(text):
        word = token.group()
        if word in ("NaN", "Infinity", "-Infinity"):
            _refuse_at(text, token.start(), f"{word} is no number there")
        if word in "{[":
            names.append(set() if word == "{" else None)
        elif word in "}]":
            names.pop()
        elif word[0] == '"' and names[-1] is not None and before in ("{", ","):
            name = json.loads(word)
            if name in names[-1]:
                _refuse_at(text, token.start(), f"{name!r} stands twice in one object")
            names[-1].add(name)
        before = word
    raise DefinitionError("DEF020", "not JSON that can be read")  # pragma: no cover - one was seen


def _refuse_surrogates(text: str) -> None:
    for token in _TOKEN.finditer(text):
        if token.group()[0] == '"' and _SURROGATE.search(_unescaped(token.group())):
            _refuse_at(text, token.start(), "a text holds half a character (a lone surrogate)")


def _unescaped(literal: str) -> str:
    try:
        decoded: str = json.loads(literal)
    except ValueError:  # what is wrong with it is for the reader of the whole to say
        return ""
    return decoded


def _refuse_at(text: str, place: int, message: str) -> NoReturn:
    line = text.count("\n", 0, place) + 1
    column = place - text.rfind("\n", 0, place)
    raise DefinitionError("DEF020", f"not JSON: {message}, at line {line}, column {column}")


RULES = (
    Rule(
        "DEF020",
        "A definition that is not valid JSON",
        "A definition is one JSON document. Duplicate names in an object are refused too, because readers "
        "disagree about which value counts.",
        About.DEFINITION,
        "Correct the JSON at the line and column that the message gives.",
        Example("definition.json", '"Metadata": {},', '"Metadata": {,'),
    ),
)
