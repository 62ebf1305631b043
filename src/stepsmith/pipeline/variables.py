"""`${env:NAME}`, `${env:NAME:-default}` and `${param:NAME}` in the values of a pipeline.yaml; `$${` stands for `${`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stepsmith.definition.references import Get, Join
from stepsmith.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.definition.references import Value

_VARIABLE = re.compile(r"\$(?P<escaped>\$\{)|\$\{(?P<body>[^}]*)\}")
_BODY = re.compile(r"(?P<kind>env|param):(?P<name>[A-Za-z0-9_\-]+)(?::-(?P<default>[^$]*))?", re.DOTALL)


def substituted(text: str, environment: Mapping[str, str]) -> Any:
    """`text` with its variables put in: a reference where it is one parameter, a `Join` where it holds some.

    Raises: DocumentError when a variable is not set and has no default, or is written wrongly.
    """
    parts: list[Value] = []
    position = 0
    for match in _VARIABLE.finditer(text):
        parts += [text[position : match.start()], _value(match, environment)]
        position = match.end()
    parts = _joined([*parts, text[position:]])
    if not any(isinstance(part, Get) for part in parts):
        return "".join(str(part) for part in parts)
    return parts[0] if len(parts) == 1 else Join("", parts)


def _value(match: re.Match[str], environment: Mapping[str, str]) -> Value:
    if match["escaped"]:
        return "${"
    body = _BODY.fullmatch(match["body"])
    if body is None or (body["kind"] == "param" and body["default"] is not None):
        raise DocumentError(
            "YML010",
            f"{match[0]!r} is no variable",
            fix="write ${env:NAME}, ${env:NAME:-default} or ${param:NAME}; for the text itself write $${",
        )
    if body["kind"] == "param":
        return Get(f"Parameters.{body['name']}")
    value = environment.get(body["name"])
    if not value and body["default"] is not None:
        value = body["default"]
    if value is None:
        raise DocumentError(
            "YML011",
            f"the environment variable {body['name']} is not set",
            fix=f"set it, or give a default: ${{env:{body['name']}:-value}}",
        )
    return value


def _joined(parts: list[Value]) -> list[Value]:
    """The parts with neighbouring texts as one and empty ones left out."""
    joined: list[Value] = []
    for part in parts:
        if part == "":
            continue
        if joined and isinstance(part, str) and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return joined
