"""A model registry for Stepsmith that forgets all when the program ends. It begins with one version."""

import hashlib
from typing import Any

from stepsmith import ApprovalDecision, ModelPackage, ModelRegistryError

_MODEL = b"model"


class MemoryRegistry:
    """The versions that this program knows."""

    is_shared = True

    def __init__(self) -> None:
        first = {
            "ModelPackageGroupName": "penguins",
            "ModelPackageVersion": 1,
            "ModelPackageArn": "memory:penguins/1",
            "ModelPackageStatus": "Completed",
            "ModelApprovalStatus": "PendingManualApproval",
            "CreationTime": "2026-01-01T00:00:00.000Z",
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://memory/model.tar.gz"}]},
            "CustomerMetadataProperties": {"package_sha256": hashlib.sha256(_MODEL).hexdigest()},
        }
        self.facts = {"memory": "of this program"}
        self.versions: list[dict[str, Any]] = [first]

    def packages(self, group: str | None = None) -> list[dict[str, Any]]:
        """The versions of a group, or all."""
        return [version for version in self.versions if group in (None, version["ModelPackageGroupName"])]

    def package(self, group: str, version: int | None = None) -> ModelPackage:
        """A version, or the latest."""
        versions = [one for one in self.packages(group) if version in (None, one["ModelPackageVersion"])]
        if not versions:
            raise ModelRegistryError("REG013", f"{group} has no version {version}")
        return ModelPackage(versions[-1])

    def decide(self, group: str, version: int, status: str, reason: str) -> ApprovalDecision:
        """Gives a version an approval status."""
        package = self.package(group, version).description
        before = package["ModelApprovalStatus"]
        package |= {"ModelApprovalStatus": status, "ApprovalDescription": reason}
        return ApprovalDecision(group, version, None, None, before, status, reason)

    def locate(self, uri: str) -> str:
        """The URI itself."""
        return uri

    def digest(self, uri: str) -> str:
        """The digest of the only object."""
        if uri != "s3://memory/model.tar.gz":
            raise ModelRegistryError("REG017", f"{uri} is not in memory")
        return hashlib.sha256(_MODEL).hexdigest()
