"""Variables in the values of a pipeline.yaml; `$${` stands for `${`.

`${env:NAME}` is an environment variable and `${param:NAME}` a parameter of the pipeline, each with a default where it
is written so: `${env:NAME:-default}`, `${param:NAME:-default}`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stepsmith.definition.references import Get, Join, Value
from stepsmith.diagnostics import About, DocumentError, Example, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping


_VARIABLE = re.compile(r"\$(?P<escaped>\$\{)|\$\{(?P<body>[^}]*)\}")
_OPEN = re.compile(r"(?<!\$)\$\{")
_MOST_CHARACTERS = 40
_BODY = re.compile(r"(?P<kind>env|param):(?P<name>[A-Za-z0-9_\-]+)(?::-(?P<default>[^$]*))?", re.DOTALL)


def substitute_variables(text: str, environment: Mapping[str, str], defaults: dict[str, str] | None = None) -> Any:
    """`text` with its variables substituted: a reference if it is one parameter, a `Join` if it contains some.

    The defaults of parameters that have one here are added to `defaults`. Raises: DocumentError when a variable is not
    set and has no default, when it is written wrongly, or when a parameter has another default already.
    """
    defaults = {} if defaults is None else defaults
    parts: list[Value] = []
    position = 0
    for match in _VARIABLE.finditer(text):
        parts += [text[position : match.start()], _value(match, environment, defaults)]
        position = match.end()
    if _OPEN.search(text, position):
        message = f"a variable that is not closed: {text[position:].strip()[:_MOST_CHARACTERS]!r}"
        raise DocumentError("YML010", message, fix="close it by }; for the text itself write $${")
    parts = _joined([*parts, text[position:]])
    if not any(isinstance(part, Get) for part in parts):
        return "".join(str(part) for part in parts)
    return parts[0] if len(parts) == 1 else Join("", parts)


def _value(match: re.Match[str], environment: Mapping[str, str], defaults: dict[str, str]) -> Value:
    if match["escaped"]:
        return "${"
    body = _BODY.fullmatch(match["body"])
    if body is None:
        fix = "write ${env:NAME} or ${param:NAME}, or with a default ${env:NAME:-default}; for the text itself, $${"
        raise DocumentError("YML010", f"{match[0]!r} is no variable", fix=fix)
    if body["kind"] == "param":
        return _parameter(body["name"], body["default"], defaults)
    value = environment.get(body["name"])
    if not value and body["default"] is not None:
        value = body["default"]
    if value is None:
        name, dash, rest = body["name"].partition("-")
        default = f"${{env:{name}:-{rest or 'value'}}}" if dash else f"${{env:{name}:-value}}"
        message = f"the environment variable {body['name']} is not set"
        raise DocumentError("YML011", message, fix=f"set it, or give a default: {default}")
    return value


def _parameter(name: str, default: str | None, defaults: dict[str, str]) -> Get:
    if default is not None and defaults.setdefault(name, default) != default:
        message = f"the parameter {name} has two defaults: {defaults[name]!r} and {default!r}"
        raise DocumentError("YML012", message, fix=f"write the default once; elsewhere ${{param:{name}}} is enough")
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


RULES = (
    Rule(
        "YML010",
        "An invalid variable",
        "Only two kinds of variables are replaced: `${env:NAME}` is read when the file is, and "
        "`${param:NAME}` becomes a pipeline parameter. Each may have a default: `${env:NAME:-default}`.",
        About.PIPELINE,
        "Write one of these forms, and close it with `}`. For a literal `${`, write `$${`.",
        Example("pipeline.yaml", "${param:Approval}", "${parameter:Approval}"),
    ),
    Rule(
        "YML011",
        "An environment variable that is not set",
        "An unset variable would become an empty string in the definition, and the error would appear later "
        "and elsewhere.",
        About.PIPELINE,
        "Set the variable, or give it a default: `${env:NAME:-default}`.",
        Example("pipeline.yaml", "region: eu-west-1\n", "region: ${env:NO_SUCH_REGION}\n"),
    ),
    Rule(
        "YML012",
        "Two defaults for one parameter",
        "A parameter has one default. With two, it depends on the order of the file which one an execution gets.",
        About.PIPELINE,
        "Give the default once. Everywhere else, write `${param:NAME}` without a default.",
        Example("pipeline.yaml", "${param:Approval}", "${param:Approval:-Approved}"),
    ),
)
