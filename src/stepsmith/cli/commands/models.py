"""`stepsmith models`: what a registry holds, here or in an account, and what is decided about it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from stepsmith.cli.command_groups import ListingGroup
from stepsmith.cli.console.screen import print_facts, print_json, print_line, print_table, print_wrapped
from stepsmith.cli.model_registries import empty_message, open_registry, registry_options
from stepsmith.cli.options import (
    group_argument,
    json_option,
    latest_argument,
    store_option,
    version_argument,
)
from stepsmith.cli.stores import open_store
from stepsmith.diagnostics import About, ModelRegistryError, Rule
from stepsmith.local.model_registry import ModelRegistry as LocalRegistry
from stepsmith.model_registry.approval import APPROVED, REJECTED

if TYPE_CHECKING:
    from pathlib import Path

    from stepsmith.model_registry.protocol import ApprovalDecision, ModelPackage, ModelRegistry

_DIGEST_CHARACTERS = 12
_REASON_INDENT = 4
# Properties of a version that have lines of their own.
_PROVENANCE = ("source", "source_sha256", "package_sha256")
reason_option = click.option("--reason", required=True, metavar="TEXT", help="Why; kept with the decision.")


@click.group("models", cls=ListingGroup, meant=("list a group", "list"))
@registry_options
@json_option
@click.pass_context
def command(context: click.Context, /, *, as_json: bool, **where: Any) -> None:
    """List, show, verify, approve and reject model versions: of the registry here, or with --aws of SageMaker's.

    Alone it lists them.

    \b
    Example: stepsmith models approve penguins 2 --reason "ticket 4711"
    """
    if context.invoked_subcommand == "history" and where["is_aws"]:
        raise click.UsageError("SageMaker keeps no history of decisions; `models show --aws` tells the last")
    if context.invoked_subcommand == "history" and where["registry"]:
        raise click.UsageError("only the registry on this machine has a history of decisions; leave --registry out")
    if context.invoked_subcommand is None:
        _list(None, open_registry(**where), as_json=as_json)


@command.command("list")
@click.argument("group", required=False)
@registry_options
@json_option
def list_versions(group: str | None, *, as_json: bool, **where: Any) -> None:
    """List the model versions, or those of one GROUP.

    \b
    Example: stepsmith models list penguins --json
    """
    _list(group, open_registry(**where), as_json=as_json)


@command.command("show")
@group_argument
@latest_argument
@registry_options
@json_option
def show(group: str, version: int | None, *, as_json: bool, **where: Any) -> None:
    """Show all that is known of a VERSION, or of the latest.

    \b
    Example: stepsmith models show penguins 2
    """
    registry = open_registry(**where)
    package = registry.package(group, version)
    if as_json:
        print_json(_document(package, registry))
    else:
        print_facts(_facts(package, registry))


@command.command("approve")
@group_argument
@version_argument
@reason_option
@registry_options
@json_option
def approve(group: str, version: int, reason: str, *, as_json: bool, **where: Any) -> None:
    """Approve a VERSION. The decision and its reason are kept.

    \b
    Example: stepsmith models approve penguins 2 --reason "ticket 4711"
    """
    _decide(group, version, APPROVED, reason, open_registry(**where), as_json=as_json)


@command.command("reject")
@group_argument
@version_argument
@reason_option
@registry_options
@json_option
def reject(group: str, version: int, reason: str, *, as_json: bool, **where: Any) -> None:
    """Reject a VERSION. The decision and its reason are kept.

    \b
    Example: stepsmith models reject penguins 2 --reason "worse than version 1"
    """
    _decide(group, version, REJECTED, reason, open_registry(**where), as_json=as_json)


@command.command("verify")
@group_argument
@latest_argument
@registry_options
@json_option
def verify(group: str, version: int | None, *, as_json: bool, **where: Any) -> int:
    """Compare the object that a VERSION points to, or the latest, with the digest that stands with it.

    The object is read to its end. Exits with 0 when it has that digest, and else with 1.

    \b
    Example: stepsmith models verify penguins 2
    """
    registry = open_registry(**where)
    described = registry.package(group, version).description
    uri = _objects(described).get("package")
    properties = described.get("CustomerMetadataProperties", {})
    expected = properties.get("package_sha256")
    if not uri or not expected:
        message = f"{group} version {described['ModelPackageVersion']} has no {'digest' if uri else 'package'}"
        fix = "register it with stepsmith, which puts package_sha256 beside it" if uri else "name another version"
        raise ModelRegistryError("REG018", message, fix=fix)
    digest = registry.digest(uri)
    facts = {
        "group": group,
        "version": str(described["ModelPackageVersion"]),
        "package": uri,
        "package_sha256": expected,
        "found": digest,
        "source": properties.get("source", ""),
        "source_sha256": properties.get("source_sha256", ""),
    }
    status = "Same" if digest == expected else "Different"
    if as_json:
        print_json({"status": status, **facts})
    else:
        print_line(
            "the object is the one that was registered" if digest == expected else "the object is another one now"
        )
        print_facts(facts)
    return 0 if digest == expected else 1


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
    decisions = LocalRegistry(open_store(store).database).history(group, version)
    if as_json:
        print_json([asdict(decision) for decision in decisions])
    else:
        _print_history(decisions)


def _list(group: str | None, registry: ModelRegistry, *, as_json: bool) -> None:
    packages = registry.packages(group)
    if as_json:
        print_json(packages)
    elif packages:
        # Of a registry that many write to, where a model came from is asked first; here the group takes the room.
        rows = [
            {**_row(package), **({"source": _source(package)} if registry.is_shared else {})} for package in packages
        ]
        print_table(rows, folds="source" if registry.is_shared else "group")
    else:
        print_line(empty_message(registry))


def _source(package: dict[str, Any]) -> str:
    source: str = package.get("CustomerMetadataProperties", {}).get("source", "")
    return source


def _row(package: dict[str, Any]) -> dict[str, str]:
    properties = package.get("CustomerMetadataProperties", {})
    return {
        "group": package["ModelPackageGroupName"],
        "version": str(package["ModelPackageVersion"]),
        "approval": package["ModelApprovalStatus"],
        "source sha256": properties.get("source_sha256", "")[:_DIGEST_CHARACTERS],
        "package sha256": properties.get("package_sha256", "")[:_DIGEST_CHARACTERS],
    }


def _decide(group: str, version: int, status: str, reason: str, registry: ModelRegistry, *, as_json: bool) -> None:
    decision = registry.decide(group, version, status, reason)
    if as_json:
        # SageMaker's registry does not say when, and by whom.
        print_json({name: value for name, value in asdict(decision).items() if value is not None})
    else:
        before = "as before" if decision.before == decision.status else f"was {decision.before}"
        print_line(f"{group} version {version} is {decision.status}, {before}")


def _print_history(decisions: list[ApprovalDecision]) -> None:
    who = max(len(decision.by or "unknown") for decision in decisions)
    number = max(len(str(decision.version)) for decision in decisions)
    for decision in decisions:
        became = f"{decision.before} -> {decision.status}" if decision.before else f"registered as {decision.status}"
        # Seconds are enough to read; --json has the whole time.
        at = f"{str(decision.at)[:19]}Z"
        print_wrapped(f"{at}  version {decision.version:<{number}}  {decision.by or 'unknown':<{who}}  {became}")
        if decision.reason:
            print_wrapped(f"{'':{_REASON_INDENT}}{decision.reason}", indent=_REASON_INDENT)


def _document(package: ModelPackage, registry: ModelRegistry) -> dict[str, Any]:
    objects = {name: registry.locate(uri) for name, uri in _objects(package.description).items()}
    return {
        "model_package": package.description,
        "run": package.run,
        **registry.facts,
        "objects": {name: str(path) if path else None for name, path in objects.items()},
    }


def _facts(package: ModelPackage, registry: ModelRegistry) -> dict[str, str | Path]:
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
        **{
            name: registry.locate(uri) or f"{uri} (it is not on this machine)"
            for name, uri in _objects(described).items()
        },
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


def _pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


RULES = (
    Rule(
        "REG018",
        "A model version that cannot be verified",
        "To verify a version, Stepsmith compares the digest of its package with the one that was registered. "
        "This version has no package or no digest.",
        About.MODEL_REGISTRY,
        "Register the model with Stepsmith, which stores `package_sha256`, or name another version.",
    ),
)
