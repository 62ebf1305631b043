"""`stepsmith models`: what the local registry holds, and what is decided about it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from stepsmith.cli.groups import ListingGroup
from stepsmith.cli.options import (
    group_argument,
    json_option,
    latest_argument,
    store_option,
    version_argument,
)
from stepsmith.cli.screen import say, say_facts, say_folded, say_json, say_table
from stepsmith.cli.stores import nothing_here, opened_store
from stepsmith.errors import RunError
from stepsmith.local.models import APPROVED, REJECTED, ModelRegistry, refuse_unknown_group

if TYPE_CHECKING:
    from pathlib import Path

    from stepsmith.local.models import Decision, ModelPackage
    from stepsmith.local.store import Store

_DIGEST_CHARACTERS = 12
_REASON_INDENT = 4
_NOT_HERE = "{0} (it is not on this machine)"
# Properties of a version that have lines of their own.
_PROVENANCE = ("source", "source_sha256", "package_sha256")
reason_option = click.option("--reason", required=True, metavar="TEXT", help="Why; kept with the decision.")


@click.group("models", cls=ListingGroup, meant=("list a group", "list"))
@store_option
@json_option
@click.pass_context
def command(context: click.Context, store: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """List, show, approve and reject the model versions in the local registry.

    Alone it lists them.

    \b
    Example: stepsmith models approve penguins 2 --reason "ticket 4711"
    """
    if context.invoked_subcommand is None:
        _list(None, store, as_json=as_json)


@command.command("list")
@click.argument("group", required=False)
@store_option
@json_option
def list_versions(group: str | None, store: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """List the model versions, or those of one GROUP.

    \b
    Example: stepsmith models list penguins --json
    """
    _list(group, store, as_json=as_json)


@command.command("show")
@group_argument
@latest_argument
@store_option
@json_option
def show(group: str, version: int | None, store: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Show all that is known of a VERSION, or of the latest.

    \b
    Example: stepsmith models show penguins 2
    """
    place = opened_store(store)
    package = ModelRegistry(place.database).package(group, version)
    if as_json:
        say_json(_document(package, place))
    else:
        say_facts(_facts(package, place))


@command.command("approve")
@group_argument
@version_argument
@reason_option
@store_option
@json_option
def approve(group: str, version: int, reason: str, store: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Approve a VERSION. The decision and its reason are kept.

    \b
    Example: stepsmith models approve penguins 2 --reason "ticket 4711"
    """
    _decide(group, version, APPROVED, reason, store, as_json=as_json)


@command.command("reject")
@group_argument
@version_argument
@reason_option
@store_option
@json_option
def reject(group: str, version: int, reason: str, store: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Reject a VERSION. The decision and its reason are kept.

    \b
    Example: stepsmith models reject penguins 2 --reason "worse than version 1"
    """
    _decide(group, version, REJECTED, reason, store, as_json=as_json)


@command.command("history")
@group_argument
@latest_argument
@store_option
@json_option
def history(group: str, version: int | None, store: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Show each decision about a GROUP, or one VERSION of it.

    The oldest stands first; a version's first is its registration.

    \b
    Example: stepsmith models history penguins 2
    """
    decisions = ModelRegistry(opened_store(store).database).history(group, version)
    if as_json:
        say_json([asdict(decision) for decision in decisions])
    else:
        _print_history(decisions)


def _list(group: str | None, store: Path | None, *, as_json: bool) -> None:
    place = opened_store(store)
    packages = ModelRegistry(place.database).packages()
    if group and packages:
        refuse_unknown_group(group, {package["ModelPackageGroupName"] for package in packages}, place.root)
    found = [package for package in packages if group in (None, package["ModelPackageGroupName"])]
    if as_json:
        say_json(found)
    elif found:
        say_table([_row(package) for package in found], folds="group")
    else:
        say(nothing_here(place, "model versions"))


def _row(package: dict[str, Any]) -> dict[str, str]:
    properties = package.get("CustomerMetadataProperties", {})
    return {
        "group": package["ModelPackageGroupName"],
        "version": str(package["ModelPackageVersion"]),
        "approval": package["ModelApprovalStatus"],
        "source sha256": properties.get("source_sha256", "")[:_DIGEST_CHARACTERS],
        "package sha256": properties.get("package_sha256", "")[:_DIGEST_CHARACTERS],
    }


def _decide(group: str, version: int, status: str, reason: str, store: Path | None, *, as_json: bool) -> None:
    decision = ModelRegistry(opened_store(store).database).decide(group, version, status, reason)
    if as_json:
        say_json(asdict(decision))
    else:
        before = "as before" if decision.before == decision.status else f"was {decision.before}"
        say(f"{group} version {version} is {decision.status}, {before}")


def _print_history(decisions: list[Decision]) -> None:
    who = max(len(decision.by or "unknown") for decision in decisions)
    number = max(len(str(decision.version)) for decision in decisions)
    for decision in decisions:
        became = f"{decision.before} -> {decision.status}" if decision.before else f"registered as {decision.status}"
        # Seconds are enough to read; --json has the whole time.
        at = f"{decision.at[:19]}Z"
        say_folded(f"{at}  version {decision.version:<{number}}  {decision.by or 'unknown':<{who}}  {became}")
        if decision.reason:
            say_folded(f"{'':{_REASON_INDENT}}{decision.reason}", indent=_REASON_INDENT)


def _document(package: ModelPackage, store: Store) -> dict[str, Any]:
    objects = {name: _place(uri, store) for name, uri in _objects(package.description).items()}
    return {
        "model_package": package.description,
        "run": package.run,
        "store": str(store.root),
        "objects": {name: str(path) if path else None for name, path in objects.items()},
    }


def _facts(package: ModelPackage, store: Store) -> dict[str, str | Path]:
    """Each fact with its name, empty where nothing is known."""
    described = package.description
    inference = described.get("InferenceSpecification", {})
    container = _container(described)
    properties = described.get("CustomerMetadataProperties", {})
    return {
        "group": described["ModelPackageGroupName"],
        "version": str(described["ModelPackageVersion"]),
        "arn": described["ModelPackageArn"],
        "status": described["ModelPackageStatus"],
        "approval": described["ModelApprovalStatus"],
        "reason": described.get("ApprovalDescription", ""),
        "created": described["CreationTime"],
        "modified": described.get("LastModifiedTime", ""),
        "run": package.run or "",
        **{name: properties.get(name, "") for name in _PROVENANCE},
        **{name: _place(uri, store) or _NOT_HERE.format(uri) for name, uri in _objects(described).items()},
        "image": container.get("Image", ""),
        "environment": _pairs(container.get("Environment", {})),
        "content types": ", ".join(inference.get("SupportedContentTypes", ())),
        "response types": ", ".join(inference.get("SupportedResponseMIMETypes", ())),
        "instance types": ", ".join(inference.get("SupportedRealtimeInferenceInstanceTypes", ())),
        "framework": container.get("Framework", ""),
        "nearest model": container.get("NearestModelName", ""),
        "domain": described.get("Domain", ""),
        "task": described.get("Task", ""),
        "metadata": _pairs({name: value for name, value in properties.items() if name not in _PROVENANCE}),
    }


def _container(described: dict[str, Any]) -> dict[str, Any]:
    """The first container of a version, empty where it has none."""
    containers = described.get("InferenceSpecification", {}).get("Containers", [])
    return containers[0] if containers else {}


def _objects(described: dict[str, Any]) -> dict[str, str]:
    """The S3 URIs of the objects that a version points to, by what they are."""
    statistics = described.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {})
    named = {
        "package": _container(described).get("ModelDataUrl"),
        "payload": described.get("SamplePayloadUrl"),
        "metrics": statistics.get("S3Uri"),
    }
    return {name: uri for name, uri in named.items() if uri}


def _place(uri: str, store: Store) -> Path | None:
    """The path of an object on this machine, or None where it is not here."""
    try:
        path = store.objects.path(uri)
    except RunError:
        return None
    return path if path.exists() else None


def _pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())
