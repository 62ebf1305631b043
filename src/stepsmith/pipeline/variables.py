"""Variables in the values of a pipeline.yaml; `$${` stands for `${`.

`${env:NAME}` is an environment variable and `${param:NAME}` a parameter of the pipeline, each with a default where it
is written so: `${env:NAME:-default}`, `${param:NAME:-default}`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stepsmith.definition.references import Get, Join
from stepsmith.diagnostics import DocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.definition.references import Value

_VARIABLE = re.compile(r"\$(?P<escaped>\$\{)|\$\{(?P<body>[^}]*)\}")
_OPEN = re.compile(r"(?<!\$)\$\{")
_MOST_CHARACTERS = 40
_BODY = re.compile(r"(?P<kind>env|param):(?P<name>[A-Za-z0-9_\-]+)(?::-(?P<default>[^$]*))?", re.DOTALL)


def substituted(text: str, environment: Mapping[str, str], defaults: dict[str, str] | None = None) -> Any:
    """`text` with its variables put in: a reference where it is one parameter, a `Join` where it holds some.

    The defaults of parameters that have one here are added to `defaults`. Raises: DocumentError when a variable is not
    set and has no default, when it is written wrongly, or when a parameter has another default already.
    """
    known: dict[str, str] = {} if defaults is None else defaults
    parts: list[Value] = []
    position = 0
    for match in _VARIABLE.finditer(text):
        parts += [text[position : match.start()], _value(match, environment, known)]
        position = match.end()
    if _OPEN.search(text, position):
        what = f"a variable that is not closed: {text[position:].strip()[:_MOST_CHARACTERS]!r}"
        raise DocumentError("YML010", what, fix="close it by }; for the text itself write $${")
    parts = _joined([*parts, text[position:]])
    if not any(isinstance(part, Get) for part in parts):
        return "".join(str(part) for part in parts)
    return parts[0] if len(parts) == 1 else Join("", parts)


def _value(match: re.Match[str], environment: Mapping[str, str], defaults: dict[str, str]) -> Value:
    if match["escaped"]:
        return "${"
    body = _BODY.fullmatch(match["body"])
    if body is None:
        raise DocumentError(
            "YML010",
            f"{match[0]!r} is no variable",
            fix="write ${env:NAME} or ${param:NAME}, or with a default ${env:NAME:-default}; for the text itself, $${",
        )
    if body["kind"] == "param":
        return _parameter(body["name"], body["default"], defaults)
    value = environment.get(body["name"])
    if not value and body["default"] is not None:
        value = body["default"]
    if value is None:
        name, dash, rest = body["name"].partition("-")
        default = f"${{env:{name}:-{rest or 'value'}}}" if dash else f"${{env:{name}:-value}}"
        raise DocumentError(
            "YML011",
            f"the environment variable {body['name']} is not set",
            fix=f"set it, or give a default: {default}",
        )
    return value


def _parameter(name: str, default: str | None, defaults: dict[str, str]) -> Get:
    if default is not None and defaults.setdefault(name, default) != default:
        what = f"the parameter {name} has two defaults: {defaults[name]!r} and {default!r}"
        raise DocumentError("YML012", what, fix=f"write the default once; elsewhere ${{param:{name}}} is enough")
    return Get(f"Parameters.{name}")


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
