"""`stepsmith models`: what the local registry holds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from stepsmith.cli.options import json_option, store_option
from stepsmith.cli.screen import say, say_json
from stepsmith.errors import ModelRegistryError, nearest
from stepsmith.local.models import ModelRegistry
from stepsmith.local.store import STORE_NAME, Store, find_store

if TYPE_CHECKING:
    from pathlib import Path

_DIGEST_CHARACTERS = 12
# What is not read in a terminal is never folded.
_UNFOLDED_WIDTH = 1000


@click.command("models")
@click.argument("group", required=False)
@store_option
@json_option
def command(group: str | None, store: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """List the model versions in the local registry, or those of one GROUP.

    \b
    Example: stepsmith models penguins --json
    """
    if store and not store.is_dir():
        raise ModelRegistryError("REG010", f"there is no store at {store}", fix="name a .stepsmith folder")
    place = Store(store.resolve()) if store else find_store()
    packages = ModelRegistry(place.database).packages()
    groups = {package["ModelPackageGroupName"] for package in packages}
    if group and groups and group not in groups:
        raise ModelRegistryError("REG011", f"no group is named {group!r} in {place.root}", fix=nearest(group, groups))
    found = [package for package in packages if group in (None, package["ModelPackageGroupName"])]
    if as_json:
        say_json(found)
    elif found:
        _print(found)
    elif place.root.is_dir():
        say(f"no model versions in {place.root}")
    else:
        say(f"nothing has run here: no {STORE_NAME} in this folder or above it")


def _print(packages: list[dict[str, Any]]) -> None:
    console = Console(width=None if sys.stdout.isatty() else _UNFOLDED_WIDTH)
    with console.capture() as written:
        console.print(_table(packages))
    # Colours are the console's to choose; whether anyone still reads is for `say` to bear.
    say("\n".join(line.rstrip() for line in written.get().splitlines()))


def _table(packages: list[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("group", overflow="fold", min_width=10)
    for column in ("version", "approval", "source sha256", "package sha256"):
        table.add_column(column, no_wrap=True)
    for package in packages:
        properties = package.get("CustomerMetadataProperties", {})
        table.add_row(
            package["ModelPackageGroupName"],
            str(package["ModelPackageVersion"]),
            package["ModelApprovalStatus"],
            properties.get("source_sha256", "")[:_DIGEST_CHARACTERS],
            properties.get("package_sha256", "")[:_DIGEST_CHARACTERS],
        )
    return table
