"""`stepsmith check`: what can be seen of pipelines and steps without running anything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stepsmith.cli.console.screen import plural, print_json, print_line, print_wrapped
from stepsmith.cli.options import json_option
from stepsmith.diagnostics import (
    Faults,
    MissingFileError,
    StepError,
    finding_as_json,
    github_annotation,
    relative_to_cwd,
    suggest_names,
)
from stepsmith.diagnostics.catalogue import RETIRED, is_prefix, known_codes, rule_of
from stepsmith.registry import RegistryManager, table_at
from stepsmith.rules.checking import CheckResult, check_installed_rules, check_package, check_pipeline, check_tables
from stepsmith.rules.entry_points import check_entry_points
from stepsmith.rules.pages import page_of, retired_page_of
from stepsmith.rules.suppression import filter_by_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepsmith.diagnostics import Finding

CLEAN, FOUND, TROUBLE = 0, 1, 2
# The letters that a code begins with.
_LETTERS = 3
TEXT, JSON, GITHUB = "text", "json", "github"
_PIPELINES = ("pipeline.yaml", "pipeline.yml", "*.pipeline.yaml", "*.pipeline.yml")
_NOT_OURS = ("node_modules", "site-packages", "__pycache__")


def _codes(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> list[str]:
    """The codes, or beginnings of codes, that were typed.

    Raises: BadParameter when no code begins so.
    """
    codes = [code.strip().upper() for value in values for code in value.split(",") if code.strip()]
    for code in codes:
        if not is_prefix(code):
            groups = {known[:_LETTERS] for known in known_codes()}
            hint = suggest_names(code, groups if len(code) <= _LETTERS else known_codes())
            raise click.BadParameter(f"no code begins with {code!r}; {hint}", context, parameter)
    return codes


@click.command("check")
@click.argument("targets", metavar="[PIPELINE.yaml | STEP | PACKAGE]...", nargs=-1)
@click.option("--select", multiple=True, callback=_codes, metavar="CODES", help="Only these, by code or its beginning.")
@click.option("--ignore", multiple=True, callback=_codes, metavar="CODES", help="Not these, likewise.")
@click.option(
    "--format", "form", type=click.Choice([TEXT, JSON, GITHUB]), default=TEXT, help="How findings are printed."
)
@json_option
@click.option("--explain", "code", metavar="CODE", help="Explain a code that any command prints, and exit.")
def command(
    targets: tuple[str, ...],
    select: Sequence[str],
    ignore: Sequence[str],
    form: str,
    *,
    as_json: bool,
    code: str | None,
) -> int:
    """Check pipelines and steps, without running anything and without a network.

    A target is a pipeline.yaml, a step's type, or the folder of a package of steps; without any, all installed steps
    and all pipelines below this folder are checked. A comment ignores a finding on its line, or alone on the line
    above: # stepsmith: ignore RES010 the reason why. Exits with 0 when nothing is found, 1 when something is, 2 when
    something could not be checked.

    \b
    Example: stepsmith check pipeline.yaml --ignore DEF172
    """
    if code is not None:
        return _explain(code)
    form = JSON if as_json else form
    checked: list[CheckResult] = []
    faults = Faults()
    for target in _targets(targets):
        with faults.collect():
            checked += _check(target)
    if not targets:
        checked.append(check_tables(RegistryManager()))
    rules_of_others = check_installed_rules()
    if rules_of_others.findings:
        checked.append(rules_of_others)
    findings = list(
        dict.fromkeys(found for result in checked for found in filter_by_code(result.findings, select, ignore))
    )
    if checked:
        _PRINTED[form](checked, findings)
    for error in faults.errors:
        print_line(str(error), err=True)
    return TROUBLE if faults.errors else FOUND if findings else CLEAN


def _targets(given: Sequence[str]) -> list[str | Path]:
    """What is to be checked: what was named, or all there is; a step by its type, and else a path."""
    if given:
        return [Path(name) if _is_path(name) else name for name in given]
    registry = RegistryManager()
    return [*registry.names(), *_pipelines(Path())]


def _is_path(target: str) -> bool:
    return target.endswith((".yaml", ".yml")) or os.sep in target or Path(target).exists()


def _pipelines(folder: Path) -> Iterator[Path]:
    """The pipelines below a folder, apart from what others have put there."""
    for place, folders, _ in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NOT_OURS)
        found = {path for pattern in _PIPELINES for path in Path(place).glob(pattern) if path.is_file()}
        yield from sorted(found)


def _check(target: str | Path) -> Iterator[CheckResult]:
    if isinstance(target, str):
        registry = RegistryManager()
        if target not in registry.names():
            fix = suggest_names(target, registry.names())
            message = f"{target!r} is no pipeline, no installed step and no folder"
            raise StepError("STP010", message, fix=fix)
        yield from check_package(registry, [target])
    elif target.is_dir():
        packages, pipelines = _packages_in(target), list(_pipelines(target))
        for table in [table_at(package) for package in packages or ([] if pipelines else [target])]:
            yield from check_package(RegistryManager(tables=[table]), table.steps)
        if target not in packages:
            yield from map(check_pipeline, pipelines)
        if found := check_entry_points(target):
            yield CheckResult(relative_to_cwd(target / "pyproject.toml"), tuple(found))
    elif target.suffix in (".yaml", ".yml"):
        yield check_pipeline(target)
    else:
        raise MissingFileError(
            "YML004", f"{str(target)!r} is neither a pipeline.yaml nor a package", fix="name one of them"
        )


def _packages_in(folder: Path) -> list[Path]:
    """The packages of steps in a folder, which is one itself, or the project of some: each has a `TABLE`."""
    if (folder / "__init__.py").is_file():
        return [folder]
    init_files = sorted([*folder.glob("src/*/__init__.py"), *folder.glob("*/__init__.py")])
    return [path.parent for path in init_files if "TABLE" in path.read_text(encoding="utf-8", errors="replace")]


def _explain(code: str) -> int:
    if retired := RETIRED.get(code.upper()):
        print_line(retired_page_of(retired).rstrip("\n"))
        return CLEAN
    rule = rule_of(code.upper())
    if rule is None:
        raise click.UsageError(f"unknown code {code!r}; {suggest_names(code.upper(), known_codes())}")
    print_line(page_of(rule).rstrip("\n"))
    return CLEAN


def _say_text(checked: Sequence[CheckResult], findings: Sequence[Finding]) -> None:
    for finding in findings:
        print_line(f"warning: {finding}" if finding.is_warning else str(finding))
    names = ", ".join(result.name for result in checked) if len(checked) <= 3 else plural(len(checked), "target")  # noqa: PLR2004 - as many as fit a line
    warnings = sum(finding.is_warning for finding in findings)
    if findings:
        counts = f"{plural(len(findings) - warnings, 'error')}, {plural(warnings, 'warning')}"
        print_wrapped(f"{names}: {counts}; `stepsmith check --explain CODE` says more of one", indent=2)
    else:
        print_wrapped(f"{names}: nothing found", indent=2)


def _say_json(checked: Sequence[CheckResult], findings: Sequence[Finding]) -> None:
    documents = [finding_as_json(finding) for finding in findings]
    status = "Findings" if documents else "Clean"
    print_json({"status": status, "checked": [result.name for result in checked], "findings": documents})


def _say_github(checked: Sequence[CheckResult], findings: Sequence[Finding]) -> None:
    for finding in findings:
        print_line(github_annotation(finding))
    if not findings:
        print_line(f"::notice title=stepsmith check::{plural(len(checked), 'target')}, nothing found")


_PRINTED = {TEXT: _say_text, JSON: _say_json, GITHUB: _say_github}
