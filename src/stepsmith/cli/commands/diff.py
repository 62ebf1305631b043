"""`stepsmith diff`: what changes from one definition to another, and which steps lose their cache by it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from stepsmith.cli.console.definition_difference import print_difference
from stepsmith.cli.console.screen import error_as_json, print_json, print_line
from stepsmith.cli.definition_files import definition_argument, read_definition
from stepsmith.cli.options import json_option
from stepsmith.definition.definition_diff import Difference, difference
from stepsmith.diagnostics import DefinitionError, RunError, StepsmithError

if TYPE_CHECKING:
    from pathlib import Path

# As diff(1) exits.
SAME, DIFFERENT, TROUBLE = 0, 1, 2


@click.command("diff")
@definition_argument("a")
@definition_argument("b")
@json_option
def command(a: Path, b: Path, as_json: bool) -> int:  # noqa: FBT001 - click passes flags so
    """Show what changes from A to B, step by step and value by value, and which steps lose their cache by it.

    Each is a definition as JSON, the answer of DescribePipeline, what `stepsmith compile` prints, or a pipeline.yaml;
    one may be -, standard input. Exits with 0 when they are the same, 1 when they differ, 2 when one cannot be read.

    \b
    Example: stepsmith diff deployed.json pipeline.yaml
    """
    if str(a) == str(b) == "-":
        raise click.UsageError("standard input can be one of the two only")
    try:
        difference = _difference(a, b)
    except StepsmithError as error:
        # Everywhere else that is 1, which says here that they differ.
        if as_json:
            print_json(error_as_json(error))
        print_line(str(error), err=True)
        return TROUBLE
    if as_json:
        print_json({"status": "Same" if difference.is_none else "Different", **asdict(difference)})
    else:
        print_difference(difference)
    return SAME if difference.is_none else DIFFERENT


def _difference(a: Path, b: Path) -> Difference:
    try:
        return difference(read_definition(a).definition, read_definition(b).definition)
    except RecursionError:
        raise DefinitionError("DEF020", "one of them is nested too deep to be compared") from None
    except StepsmithError:
        raise
    except OSError as error:
        message = f"this machine refuses{f' {error.filename}' if error.filename else ''}: {error.strerror or error}"
        raise RunError("RUN009", message, fix="see that it is there and can be read") from error
