"""The model registry that a command asks: the one of a store on this machine, or an account's (`--aws`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import click

from stepsmith.cli.options import store_option
from stepsmith.cli.stores import no_store_message, open_store
from stepsmith.container.archive.read import file_digest
from stepsmith.diagnostics import About, ModelRegistryError, Rule, RunError
from stepsmith.local.model_registry import ModelRegistry, refuse_unknown_group

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stepsmith.aws.model_registry import ModelRegistry as AwsModelRegistry
    from stepsmith.local.store import Store

_NOT_HERE = "{0} (it is not on this machine)"


class Registry(Protocol):
    """What a command asks of a registry; a version is described as DescribeModelPackage describes it.

    `is_shared` is one that others write to.
    """

    is_shared: ClassVar[bool]

    def packages(self, group: str | None) -> list[dict[str, Any]]:
        """The versions of a group, or of all."""

    def package(self, group: str, version: int | None) -> tuple[dict[str, Any], str | None]:
        """A version, the latest unless one is named, and the run on this machine that registered it."""

    def decide(self, group: str, version: int, status: str, reason: str) -> dict[str, Any]:
        """Gives a version an approval status; the decision."""

    def place(self, uri: str) -> Path | str | None:
        """Where the object of an S3 URI is, or None where it is not."""

    def shown(self, uri: str) -> Path | str:
        """The same as it is shown."""

    def digest(self, uri: str) -> str:
        """The SHA-256 of an object, which is read."""

    @property
    def facts(self) -> dict[str, str]:
        """Which registry it is, for a program that reads what is printed."""

    @property
    def nothing(self) -> str:
        """What to say where no version is in it."""


def registry_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that say which registry is meant."""
    for option in (
        click.option("--region", metavar="NAME", help="With --aws: the region; else boto3's own."),
        click.option("--profile", metavar="NAME", help="With --aws: a profile of ~/.aws/config."),
        click.option("--aws", "is_aws", is_flag=True, help="SageMaker's registry, and not the one on this machine."),
        store_option,
    ):
        command = option(command)
    return command


def open_registry(store: Path | None, *, is_aws: bool, profile: str | None, region: str | None) -> Registry:
    """The registry that the options mean.

    Raises: click.UsageError when they do not go together; ModelRegistryError when there is no such store.
    """
    if not is_aws:
        if profile or region:
            raise click.UsageError("--profile and --region go with --aws")
        return LocalRegistry(open_store(store))
    if store:
        raise click.UsageError("--store is on this machine, and --aws is not")
    # What speaks to AWS takes its time to import, and most who ask for models ask this machine.
    from stepsmith.aws.client import Account  # noqa: PLC0415
    from stepsmith.aws.model_registry import ModelRegistry as AwsModelRegistry  # noqa: PLC0415

    account = Account(profile=profile, region=region)
    return AwsRegistry(AwsModelRegistry(account), account.region)


@dataclass(frozen=True, slots=True)
class LocalRegistry:
    """The registry of a store on this machine."""

    store: Store
    is_shared: ClassVar[bool] = False

    def packages(self, group: str | None) -> list[dict[str, Any]]:
        """The versions of a group, or of all."""
        packages = ModelRegistry(self.store.database).packages()
        if group and packages:
            refuse_unknown_group(group, {package["ModelPackageGroupName"] for package in packages}, self.store.root)
        return [package for package in packages if group in (None, package["ModelPackageGroupName"])]

    def package(self, group: str, version: int | None) -> tuple[dict[str, Any], str | None]:
        """A version, the latest unless one is named, and the run on this machine that registered it."""
        found = ModelRegistry(self.store.database).package(group, version)
        return found.description, found.run

    def decide(self, group: str, version: int, status: str, reason: str) -> dict[str, Any]:
        """Gives a version an approval status; the decision, which is kept."""
        decision = ModelRegistry(self.store.database).decide(group, version, status, reason)
        return {
            "group": decision.group,
            "version": decision.version,
            "at": decision.at,
            "by": decision.by,
            "before": decision.before,
            "status": decision.status,
            "reason": decision.reason,
        }

    def place(self, uri: str) -> Path | None:
        """The path of an object on this machine, or None where it is not here."""
        try:
            path = self.store.objects.path(uri)
        except RunError:
            return None
        return path if path.exists() else None

    def shown(self, uri: str) -> Path | str:
        """The path of an object, or that it is not here."""
        return self.place(uri) or _NOT_HERE.format(uri)

    def digest(self, uri: str) -> str:
        """The SHA-256 of an object, which is read.

        Raises: ModelRegistryError when it is not here.
        """
        path = self.place(uri)
        if path is None:
            fix = f"its place is in {self.store.objects.root}"
            raise ModelRegistryError("REG017", f"{uri} is not on this machine", fix=fix)
        return file_digest(str(path))

    @property
    def facts(self) -> dict[str, str]:
        """The store."""
        return {"store": str(self.store.root)}

    @property
    def nothing(self) -> str:
        """What to say where no version is in it."""
        return no_store_message(self.store, "model versions")


@dataclass(frozen=True, slots=True)
class AwsRegistry:
    """The registry of an account."""

    registry: AwsModelRegistry
    region: str
    is_shared: ClassVar[bool] = True

    def packages(self, group: str | None) -> list[dict[str, Any]]:
        """The newest versions of a group, or of all."""
        return self.registry.packages(group)

    def package(self, group: str, version: int | None) -> tuple[dict[str, Any], str | None]:
        """A version, the latest unless one is named."""
        return self.registry.package(group, version), None

    def decide(self, group: str, version: int, status: str, reason: str) -> dict[str, Any]:
        """Gives a version an approval status; the decision."""
        before, now = self.registry.decide(group, version, status, reason)
        return {"group": group, "version": version, "before": before, "status": now, "reason": reason}

    def place(self, uri: str) -> str:
        """The URI itself."""
        return uri

    def shown(self, uri: str) -> str:
        """The URI itself."""
        return uri

    def digest(self, uri: str) -> str:
        """The SHA-256 of an object, which is read as a stream."""
        return self.registry.digest(uri)

    @property
    def facts(self) -> dict[str, str]:
        """The region."""
        return {"region": self.region}

    @property
    def nothing(self) -> str:
        """What to say where no version is in it."""
        return f"no model versions in region {self.region}"


RULES = (
    Rule(
        "REG017",
        "An object that is not on this machine",
        "The version points to an S3 object that the local object store does not have.",
        About.MODEL_REGISTRY,
        "Run the pipeline again, or use the registry of the account with `--aws`.",
    ),
)
