"""`stepsmith steps`: the catalogue of the installed steps."""

from __future__ import annotations

import math
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
import yaml

from stepsmith.cli.command_groups import ListingGroup
from stepsmith.cli.console.screen import print_json, print_line, print_table, print_wrapped
from stepsmith.cli.options import json_option
from stepsmith.describe.step_catalogue import catalogue_entry
from stepsmith.diagnostics import Faults, finding_as_json
from stepsmith.registry import RegistryManager

if TYPE_CHECKING:
    from stepsmith.build.declaration import StepDeclaration
    from stepsmith.describe.step_catalogue import CatalogueEntry, CatalogueField, CatalogueInput
    from stepsmith.diagnostics import StepsmithError

_DEEPER = 6
_OWN = "its own fields (a parameter is written ${param:NAME}):"
_SHARED = "fields that other steps have too, and `defaults` may set:"
_LIST = "tag:yaml.org,2002:seq"


@click.group("steps", cls=ListingGroup, meant=("see a step", "show"))
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """List the steps that a pipeline can have, and show what one needs and offers.

    Alone it lists them.

    \b
    Example: stepsmith steps show DummyTraining
    """
    if context.invoked_subcommand is None:
        _list(as_json=as_json)


@command.command("list")
@json_option
def list_steps(as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """List the steps, and the packages that they come from.

    \b
    Example: stepsmith steps list --json
    """
    _list(as_json=as_json)


@command.command("show")
@click.argument("step_type", metavar="TYPE")
@json_option
def show(step_type: str, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Show what a step needs and offers, its fields, and an example.

    \b
    Example: stepsmith steps show DummyTraining
    """
    registry = RegistryManager()
    step = registry.get(step_type)
    package = registry.package_of(step_type)
    entry = catalogue_entry(step, [one for _, one in usable(registry)[0]])
    if as_json:
        print_json({"package": package, **asdict(entry)})
    else:
        _print_entry(entry, package)


def usable(registry: RegistryManager) -> tuple[list[tuple[str, StepDeclaration]], list[StepsmithError]]:
    """The steps that can be used, by name, each with the package that it comes from, and what ails the others."""
    faults = Faults()
    steps: list[tuple[str, StepDeclaration]] = []
    for name in registry.names():
        with faults.collect():
            steps.append((registry.package_of(name), registry.get(name)))
    return steps, [*faults.errors, *registry.unreadable()]


def _list(*, as_json: bool) -> None:
    steps, errors = usable(RegistryManager())
    rows = [{"name": step.name, "package": package, "description": step.description} for package, step in steps]
    if as_json:
        findings = [finding_as_json(finding) for error in errors for finding in error.findings]
        print_json({"steps": rows, "findings": findings})
        return
    if rows:
        print_table(rows, folds="description")
    if errors:
        print_line("\nwhat cannot be used:")
    for line in (line for error in errors for line in str(error).splitlines()):
        print_wrapped(f"  {line}", indent=_DEEPER)


def _print_entry(entry: CatalogueEntry, package: str) -> None:
    print_line(f"{entry.name}, from {package}")
    print_wrapped(entry.description)
    print_line("\nneeds:" if entry.needs else "\nneeds nothing from other steps")
    for need in entry.needs:
        _print_item(f"{need.name}: {'required' if need.required else 'optional'}", need.description, _sources(need))
    print_line("\noffers:" if entry.offers else "\noffers nothing to other steps")
    for offer in entry.offers:
        aliases = f"Fills inputs named {', '.join(offer.aliases)} too." if offer.aliases else ""
        _print_item(offer.name, offer.description, aliases)
    for heading, settings in ((_OWN, entry.fields), (_SHARED, entry.shared)):
        print_line(f"\n{heading}")
        for setting in settings:
            _print_item(f"{setting.name}: {setting.type}{_default(setting)}", _described(setting))
    print_line("\nexample, under `steps:` in pipeline.yaml:")
    print_line(textwrap.indent(_yaml(entry.example), "  "))


def _print_item(line: str, *further: str) -> None:
    print_wrapped(f"  {line}", indent=_DEEPER)
    for text in further:
        if text:
            print_wrapped(f"{'':{_DEEPER}}{text}", indent=_DEEPER)


def _sources(need: CatalogueInput) -> str:
    field = [f"its field {need.field}"] if need.field else []
    ways = [f"by {way}" for way in (*field, *need.outputs)]
    return f"Filled {', '.join([*ways, 'or ' * bool(ways) + 'by any output of that name or alias'])}."


def _default(setting: CatalogueField) -> str:
    if setting.required:
        return "; required"
    return "" if setting.default in (None, [], {}) else f"; default {_inline(setting.default)}"


def _described(setting: CatalogueField) -> str:
    example = "" if setting.example is None else f"Example: {_inline(setting.example)}"
    return f"{setting.description} {example}".strip()


class _Dumper(yaml.SafeDumper):
    """YAML as people write it: a list on one line."""


_Dumper.add_representer(list, lambda dumper, data: dumper.represent_sequence(_LIST, data, flow_style=True))


def _yaml(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf).rstrip("\n")


def _inline(value: Any) -> str:
    """A value as it stands on one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=math.inf)
    return text.removesuffix("\n").removesuffix("\n...")
