"""The local model registry: model packages in groups, each as DescribeModelPackage would show it, and decisions."""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from stepsmith.container.archive.read import file_digest
from stepsmith.diagnostics import About, ModelRegistryError, Rule, RunError, suggest_names
from stepsmith.local.database import now, reading, transaction
from stepsmith.local.store import Store
from stepsmith.model_registry.approval import PENDING, require_reason, require_status
from stepsmith.model_registry.protocol import ApprovalDecision, ModelPackage
from stepsmith.sagemaker.identifiers import GROUP_NAME

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping
    from pathlib import Path

# The account and region in the ARNs of what is registered on this machine.
ARN_PREFIX = "arn:aws:sagemaker:local:000000000000"
# The members that CreateModelPackage and DescribeModelPackage share. Source: the shapes CreateModelPackageInput and
# DescribeModelPackageOutput in botocore's sagemaker/2017-07-24 service model.
_SHARED = (
    "ModelPackageGroupName",
    "ModelPackageRegistrationType",
    "ValidationSpecification",
    "CertifyForMarketplace",
    "ManagedStorageType",
    "ModelPackageDescription",
    "InferenceSpecification",
    "SourceAlgorithmSpecification",
    "ModelApprovalStatus",
    "MetadataProperties",
    "ModelMetrics",
    "Domain",
    "Task",
    "SamplePayloadUrl",
    "CustomerMetadataProperties",
    "DriftCheckBaselines",
    "AdditionalInferenceSpecifications",
    "SkipModelValidation",
    "SourceUri",
    "SecurityConfig",
    "ModelCard",
    "ModelLifeCycle",
)


@dataclass(frozen=True, slots=True)
class ModelRegistry:
    """The model packages in a database, and the decisions about them, which are only ever added to."""

    database: Path
    is_shared: ClassVar[bool] = False

    @property
    def facts(self) -> dict[str, str]:
        """The store that it is in."""
        return {"store": str(self.database.parent)}

    def register(self, request: Mapping[str, Any], run_id: str | None = None) -> dict[str, Any]:
        """Registers the next version in the request's group; the description of it.

        `request` has CreateModelPackage's shape. Raises: ModelRegistryError when it names no group.
        """
        group = _checked_group(request.get("ModelPackageGroupName"))
        status = require_status(request.get("ModelApprovalStatus", PENDING))
        with transaction(self.database) as connection:
            query = "SELECT coalesce(max(version), 0) + 1 FROM model_packages WHERE group_name = ?"
            version = connection.execute(query, (group,)).fetchone()[0]
            described = _description(request, group, version)
            query = "INSERT INTO model_packages (group_name, version, described, run) VALUES (?, ?, ?, ?)"
            connection.execute(query, (group, version, json.dumps(described), run_id))
            _record(
                connection, ApprovalDecision(group, version, described["CreationTime"], _user(), None, status, None)
            )
        return described

    def packages(self, group: str | None = None) -> list[dict[str, Any]]:
        """The descriptions of all versions, or those of one group, by group and version; none if nothing is registered.

        Raises: ModelRegistryError if others are registered, but none in the group.
        """
        if not self.database.exists():
            return []
        with reading(self.database) as connection:
            query = "SELECT group_name, described FROM model_packages ORDER BY group_name, version"
            rows = connection.execute(query).fetchall()
        if group and rows:
            _refuse_unknown_group(group, {row["group_name"] for row in rows}, self.database.parent)
        return [json.loads(row["described"]) for row in rows if group in (None, row["group_name"])]

    def package(self, group: str, version: int | None = None) -> ModelPackage:
        """A version of a group, the latest unless one is named.

        Raises: ModelRegistryError when there is no such group or version.
        """
        self._refuse_nothing()
        with reading(self.database) as connection:
            return self._find_package(connection, group, version)

    def history(self, group: str, version: int | None = None) -> list[ApprovalDecision]:
        """Every decision about the versions of a group, or about one of them, oldest first.

        Raises: ModelRegistryError when there is no such group or version.
        """
        self._refuse_nothing()
        with reading(self.database) as connection:
            self._find_package(connection, group, version)
            query = (
                "SELECT group_name, version, decided_at, decided_by, status_before, status, reason FROM decisions"
                " WHERE group_name = ? AND ? IN (version, 0) ORDER BY number"
            )
            return [ApprovalDecision(*row) for row in connection.execute(query, (group, version or 0))]

    def decide(self, group: str, version: int, status: str, reason: str, by: str | None = None) -> ApprovalDecision:
        """Gives a version an approval status, as UpdateModelPackage would; the decision, which is kept for good.

        `by` is who decides, the user of this process unless it is given. Raises: ModelRegistryError when there is no
        such group or version, when the status is none, or when the service would not take the reason.
        """
        status, reason = require_status(status), require_reason(reason)
        self._refuse_nothing()
        with transaction(self.database) as connection:
            described = self._find_package(connection, group, version).description
            decision = ApprovalDecision(
                group, version, now(), by or _user(), described["ModelApprovalStatus"], status, reason
            )
            described |= {
                "ModelApprovalStatus": status,
                "ApprovalDescription": reason,
                "LastModifiedTime": decision.at,
            }
            connection.execute(
                "UPDATE model_packages SET described = ? WHERE group_name = ? AND version = ?",
                (json.dumps(described), group, version),
            )
            _record(connection, decision)
        return decision

    def locate(self, uri: str) -> Path | None:
        """The path of an object in the store; None if it is not there."""
        try:
            path = Store(self.database.parent).objects.path(uri)
        except RunError:
            return None
        return path if path.exists() else None

    def digest(self, uri: str) -> str:
        """The SHA-256 of an object, which is read.

        Raises: ModelRegistryError if it is not on this machine.
        """
        path = self.locate(uri)
        if path is None:
            fix = f"its place is in {Store(self.database.parent).objects.root}"
            raise ModelRegistryError("REG017", f"{uri} is not on this machine", fix=fix)
        return file_digest(str(path))

    def _refuse_nothing(self) -> None:
        if not self.database.exists():
            raise self._nothing()

    def _nothing(self) -> ModelRegistryError:
        message = f"nothing is registered in {self.database.parent}"
        return ModelRegistryError("REG012", message, fix="run a pipeline that registers a model, or name its --store")

    def _find_package(self, connection: sqlite3.Connection, group: str, version: int | None) -> ModelPackage:
        groups = {row[0] for row in connection.execute("SELECT DISTINCT group_name FROM model_packages")}
        if not groups:
            raise self._nothing()
        _refuse_unknown_group(group, groups, self.database.parent)
        query = "SELECT version, described, run FROM model_packages WHERE group_name = ?"
        rows = {row["version"]: row for row in connection.execute(query, (group,))}
        latest = max(rows)
        number = latest if version is None else version
        if number not in rows:
            known_versions = f"it has {latest} versions, 1 to {latest}" if latest > 1 else "it has one version, 1"
            raise ModelRegistryError("REG013", f"{group} has no version {number}", fix=known_versions)
        return ModelPackage(json.loads(rows[number]["described"]), rows[number]["run"])


def _refuse_unknown_group(group: str, known: Collection[str], folder: Path) -> None:
    """Raises: ModelRegistryError when `group` is none of those `known` in the store at `folder`."""
    if group not in known:
        raise ModelRegistryError("REG011", f"no group is named {group!r} in {folder}", fix=suggest_names(group, known))


def _checked_group(group: object) -> str:
    if not isinstance(group, str) or not group:
        raise ModelRegistryError("REG001", "the model package names no group", fix="set ModelPackageGroupName")
    if not GROUP_NAME.fullmatch(group):
        message = f"{group!r} cannot be the name of a model package group"
        raise ModelRegistryError("REG002", message, fix="use at most 63 letters, digits and hyphens")
    return group


def _user() -> str:
    """The name of the user of this process; where this machine has none for them, their number."""
    try:
        return getpass.getuser().encode("utf-8", "replace").decode()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _record(connection: sqlite3.Connection, decision: ApprovalDecision) -> None:
    connection.execute(
        "INSERT INTO decisions (group_name, version, decided_at, decided_by, status_before, status, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        astuple(decision),
    )


def _description(request: Mapping[str, Any], group: str, version: int) -> dict[str, Any]:
    shared = {name: request[name] for name in _SHARED if name in request}
    return {
        "ModelPackageName": group,
        "ModelPackageVersion": version,
        "ModelPackageArn": f"{ARN_PREFIX}:model-package/{group}/{version}",
        "CreationTime": now(),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "ModelApprovalStatus": PENDING,
        **shared,
    }


RULES = (
    Rule(
        "REG017",
        "An object that is not on this machine",
        "The version points to an S3 object that the local object store does not have.",
        About.MODEL_REGISTRY,
        "Run the pipeline again, or use the registry of the account with `--aws`.",
    ),
    Rule(
        "REG001",
        "A model version without a group",
        "Every version belongs to a model package group.",
        About.MODEL_REGISTRY,
        "Set `ModelPackageGroupName` in the registration step.",
    ),
    Rule(
        "REG002",
        "An invalid name for a model package group",
        "SageMaker accepts at most 63 letters, digits and hyphens.",
        About.MODEL_REGISTRY,
        "Rename the group.",
    ),
    Rule(
        "REG011",
        "An unknown model package group",
        "The registry that you asked has no group with this name.",
        About.MODEL_REGISTRY,
        "Correct the name. `stepsmith models` lists the groups. Check that you use the right store, or the "
        "right account and region.",
    ),
    Rule(
        "REG012",
        "An empty model registry",
        "No pipeline has registered a model in this store.",
        About.MODEL_REGISTRY,
        "Run a pipeline that registers a model, or name another store with `--store`.",
    ),
    Rule(
        "REG013",
        "An unknown model version",
        "The group has no version with this number.",
        About.MODEL_REGISTRY,
        "Use one of the versions that `stepsmith models list GROUP` shows.",
    ),
)
