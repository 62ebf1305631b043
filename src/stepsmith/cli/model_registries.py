"""The model registry that a command uses: this machine's, SageMaker's (`--aws`) or another package's (`--registry`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stepsmith.cli.options import store_option
from stepsmith.cli.stores import no_store_message, open_store
from stepsmith.local.model_registry import ModelRegistry as LocalRegistry
from stepsmith.local.store import Store
from stepsmith.model_registry.installed import open_installed_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stepsmith.model_registry.protocol import ModelRegistry


def registry_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that choose a registry."""
    for option in (
        click.option("--region", metavar="NAME", help="With --aws: the region; else boto3's own."),
        click.option("--profile", metavar="NAME", help="With --aws: a profile of ~/.aws/config."),
        click.option("--registry", metavar="NAME", help="The registry that an installed package brings."),
        click.option("--aws", "is_aws", is_flag=True, help="SageMaker's registry, and not the one on this machine."),
        store_option,
    ):
        command = option(command)
    return command


def open_registry(
    store: Path | None, *, is_aws: bool, profile: str | None, region: str | None, registry: str | None = None
) -> ModelRegistry:
    """The registry that the options choose.

    Raises: click.UsageError if they contradict each other; ModelRegistryError if there is no such store or registry.
    """
    if registry and (is_aws or store):
        raise click.UsageError("--registry names a registry of its own; leave --aws and --store out")
    if not is_aws and (profile or region):
        raise click.UsageError("--profile and --region go with --aws")
    if registry:
        return open_installed_registry(registry)
    if not is_aws:
        return LocalRegistry(open_store(store).database)
    if store:
        raise click.UsageError("--store is on this machine, and --aws is not")
    # Importing boto3 takes its time, and most commands ask this machine.
    from stepsmith.aws.client import Account  # noqa: PLC0415
    from stepsmith.aws.model_registry import ModelRegistry as SageMakerRegistry  # noqa: PLC0415

    return SageMakerRegistry(Account(profile=profile, region=region))


def empty_message(registry: ModelRegistry) -> str:
    """What to print if a registry has no versions."""
    if isinstance(registry, LocalRegistry):
        return no_store_message(Store(registry.database.parent), "model versions")
    return f"no model versions in {', '.join(f'{name} {value}' for name, value in registry.facts.items())}"
