"""Arguments and options that several commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_VERSION = re.compile(r"[1-9][0-9]{0,9}")

pipeline_argument: Callable[[Any], Any] = click.argument(
    "pipeline", metavar="PIPELINE.yaml", type=click.Path(path_type=Path, readable=False)
)
json_option: Callable[[Any], Any] = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
store_option: Callable[[Any], Any] = click.option(
    "--store", type=click.Path(path_type=Path), help="The .stepsmith folder to use."
)


def _number(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """The number of the version that was typed.

    Raises: BadParameter when it is none.
    """
    if value is not None and not _VERSION.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no version; a version is a whole number from 1 up", context, parameter)
    return None if value is None else int(value)


def not_empty(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """What was typed, if it is anything: a variable of the shell that is not set is nobody's wish.

    Raises: BadParameter when it is empty.
    """
    if value is not None and not value.strip():
        raise click.BadParameter("it is empty; give it a value, or leave it out", context, parameter)
    return value


def _texts(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """What was typed for each parameter of a pipeline, by its name.

    Raises: BadParameter when there is no name.
    """
    pairs = [value.partition("=") for value in values]
    for name, equals, value in pairs:
        if not equals:
            message = f"--parameter takes NAME=VALUE, and not {name + value!r}"
            raise click.BadParameter(message, context, parameter)
    given = {name: value for name, _, value in pairs}
    if len(given) != len(pairs):
        raise click.BadParameter("a parameter is given twice", context, parameter)
    return given


parameter_option: Callable[[Any], Any] = click.option(
    "--parameter",
    "-p",
    "given",
    multiple=True,
    callback=_texts,
    metavar="NAME=VALUE",
    help="Give a parameter; repeatable.",
)
group_argument: Callable[[Any], Any] = click.argument("group")
version_argument: Callable[[Any], Any] = click.argument("version", callback=_number)
latest_argument: Callable[[Any], Any] = click.argument("version", required=False, callback=_number)
