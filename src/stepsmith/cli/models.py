"""`stepsmith models`: what the local registry holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from stepsmith.cli.options import json_option, store_option
from stepsmith.local.models import ModelRegistry
from stepsmith.local.store import Store, find_store

if TYPE_CHECKING:
    from pathlib import Path

_DIGEST_CHARACTERS = 12


@click.command("models")
@click.argument("group", required=False)
@store_option
@json_option
def command(group: str | None, store: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """List the model versions in the local registry, or those of one GROUP.

    \b
    Example: stepsmith models penguins --json
    """
    place = Store(store.resolve()) if store else find_store()
    packages = ModelRegistry(place.database).packages(group)
    if as_json:
        click.echo(json.dumps(packages, indent=2, ensure_ascii=False))
    elif packages:
        Console().print(_table(packages))
    else:
        click.echo(f"no model versions{f' in group {group}' if group else ''} in {place.root}")


def _table(packages: list[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for column in ("group", "version", "approval", "source sha256", "package sha256", "created"):
        # At 80 columns all but the group keeps its width; a long group's name goes on in the next line.
        table.add_column(
            column, no_wrap=column != "group", overflow="fold", min_width=10 if column == "group" else None
        )
    for package in packages:
        properties = package.get("CustomerMetadataProperties", {})
        table.add_row(
            package["ModelPackageGroupName"],
            str(package["ModelPackageVersion"]),
            package["ModelApprovalStatus"],
            properties.get("source_sha256", "")[:_DIGEST_CHARACTERS],
            properties.get("package_sha256", "")[:_DIGEST_CHARACTERS],
            package["CreationTime"][:10],
        )
    return table
