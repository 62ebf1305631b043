"""The local model registry: model packages in groups, each as DescribeModelPackage would show it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.definition.locations import GROUP_NAME
from stepsmith.errors import ModelRegistryError, nearest
from stepsmith.local.database import now, reading, transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The account and region in the ARNs of what is registered on this machine.
ARN_PREFIX = "arn:aws:sagemaker:local:000000000000"
PENDING = "PendingManualApproval"
# Source: the shape ModelApprovalStatus in botocore's sagemaker/2017-07-24 service model.
APPROVAL_STATUSES = ("Approved", "Rejected", PENDING)
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
    """The model packages in a database."""

    database: Path

    def register(self, request: Mapping[str, Any], run_id: str | None = None) -> dict[str, Any]:
        """Registers the next version in the request's group; the description of it.

        `request` has CreateModelPackage's shape. Raises: ModelRegistryError when it names no group.
        """
        group = _checked_group(request.get("ModelPackageGroupName"))
        status = request.get("ModelApprovalStatus", PENDING)
        if status not in APPROVAL_STATUSES:
            what = f"{status!r} is no approval status"
            raise ModelRegistryError("REG003", what, fix=nearest(str(status), APPROVAL_STATUSES))
        with transaction(self.database) as connection:
            query = "SELECT coalesce(max(version), 0) + 1 FROM model_packages WHERE group_name = ?"
            version = connection.execute(query, (group,)).fetchone()[0]
            described = _description(request, group, version)
            row = (group, version, json.dumps(described), run_id)
            connection.execute("INSERT INTO model_packages VALUES (?, ?, ?, ?)", row)
        return described

    def packages(self, group: str | None = None) -> list[dict[str, Any]]:
        """The descriptions of all versions, or those of one group, by group and version."""
        if not self.database.exists():
            return []
        with reading(self.database) as connection:
            rows = connection.execute(
                "SELECT described FROM model_packages WHERE ? IS NULL OR group_name = ? ORDER BY group_name, version",
                (group, group),
            ).fetchall()
        return [json.loads(row["described"]) for row in rows]


def _checked_group(group: object) -> str:
    if not isinstance(group, str) or not group:
        raise ModelRegistryError("REG001", "the model package names no group", fix="set ModelPackageGroupName")
    if not GROUP_NAME.fullmatch(group):
        what = f"{group!r} cannot be the name of a model package group"
        raise ModelRegistryError("REG002", what, fix="use at most 63 letters, digits and hyphens")
    return group


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
