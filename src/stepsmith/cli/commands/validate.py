"""`stepsmith validate`: a pipeline definition by anyone, read and checked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from stepsmith.cli.console.screen import plural, print_json, print_line, print_wrapped
from stepsmith.cli.definition_files import definition_argument, nesting_error, read_definition
from stepsmith.cli.options import json_option
from stepsmith.definition.checks import check
from stepsmith.definition.checks.limits import size_of
from stepsmith.definition.model import all_steps
from stepsmith.diagnostics import Position, errors_of, finding_as_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stepsmith.cli.definition_files import DefinitionFile
    from stepsmith.diagnostics import Finding


@click.command("validate")
@definition_argument("file")
@json_option
def command(file: Path, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Check a pipeline definition, whoever wrote it. Asks no network.

    FILE is a definition as JSON, the answer of DescribePipeline, what `stepsmith compile` prints, or a pipeline.yaml;
    - is standard input.

    \b
    Example: stepsmith validate definition.json
    """
    read = read_definition(file)
    findings = read.findings
    if findings is None:
        try:
            findings = check(read.definition, size_bytes=size_of(read.definition))
        except RecursionError:
            raise nesting_error(read.name) from None
    located = [replace(finding, position=finding.position or Position(read.name)) for finding in findings]
    warnings = [finding for finding in located if finding.is_warning]
    if not as_json:
        for warning in warnings:
            print_line(f"warning: {warning}", err=True)
    if len(warnings) < len(located):
        reported = located if as_json else [finding for finding in located if not finding.is_warning]
        raise errors_of(reported)
    _say_valid(read, warnings, as_json=as_json)


def _say_valid(read: DefinitionFile, warnings: Sequence[Finding], *, as_json: bool) -> None:
    steps, parameters = sum(1 for _ in all_steps(read.definition.steps)), len(read.definition.parameters)
    if as_json:
        counts = {"steps": steps, "parameters": parameters, "size_bytes": read.size_bytes}
        print_json({"status": "Valid", **counts, "findings": [finding_as_json(finding) for finding in warnings]})
        return
    holds = f"{plural(steps, 'step')}, {plural(parameters, 'parameter')}, {read.size_bytes:,} bytes"
    but = f", {plural(len(warnings), 'warning')}" if warnings else ""
    print_wrapped(f"{read.name} is valid: {holds}{but}", indent=2)
