"""The model registry of an account: model package groups and versions, decisions about them, and their objects."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from stepsmith.aws.errors import ABSENT, NOT_VALID, service_error_code, translate_errors
from stepsmith.aws.s3.objects import Objects
from stepsmith.aws.s3.remote_archive import RemoteFile, find_model
from stepsmith.diagnostics import AwsError, ModelRegistryError, suggest_names
from stepsmith.model_registry.approval import require_reason, require_status
from stepsmith.model_registry.protocol import ApprovalDecision, ModelPackage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.aws.client import Account

_CHUNK_BYTES = 1 << 20
# So many versions are asked of each group when it is not said how many.
VERSIONS = 50


class ModelRegistry:
    """The model registry of an account, as DescribeModelPackage tells of it; times are text, ISO 8601 in UTC."""

    is_shared: ClassVar[bool] = True

    def __init__(self, account: Account) -> None:
        self._account = account

    @property
    def facts(self) -> dict[str, str]:
        """The region that it is in."""
        return {"region": self._account.region}

    @property
    def _client(self) -> Any:
        return self._account.client("sagemaker")

    def groups(self) -> list[str]:
        """The names of all model package groups.

        Raises: AwsError when they cannot be listed.
        """
        with translate_errors("the model package groups cannot be listed"):
            pages = self._client.get_paginator("list_model_package_groups").paginate()
            return sorted(
                summary["ModelPackageGroupName"]
                for page in pages
                for summary in page.get("ModelPackageGroupSummaryList", ())
            )

    def packages(self, group: str | None = None, limit: int = VERSIONS) -> list[dict[str, Any]]:
        """The versions of a group, or of all, at most `limit` of each and its newest, by group and version.

        Raises: AwsError when they cannot be listed.
        """
        descriptions: list[dict[str, Any]] = []
        for name in self.groups() if group is None else [group]:
            newest = list(self._arns(name, limit))
            if not newest and group is not None:
                self._refuse_group(group)
            descriptions += [self._describe(arn) for arn in reversed(newest)]
        return descriptions

    def package(self, group: str, version: int | None = None) -> ModelPackage:
        """A version of a group, the latest unless one is named.

        Raises: ModelRegistryError when there is no such group or version.
        """
        for arn in self._arns(group):
            if version is None or arn.rpartition("/")[2] == str(version):
                return ModelPackage(self._describe(arn))
        self._refuse_group(group)
        message = f"{group} has no version {version}" if version else f"nothing is registered in {group}"
        raise ModelRegistryError("REG013", message, fix=f"see what it has: stepsmith models list {group} --aws")

    def decide(self, group: str, version: int, status: str, reason: str) -> ApprovalDecision:
        """Gives a version an approval status, with the reason. SageMaker does not say when, and by whom.

        Raises: ModelRegistryError when there is no such group or version, or the service would not take the reason.
        """
        status, reason = require_status(status), require_reason(reason)
        before = self.package(group, version).description
        with translate_errors(f"{group} version {version} cannot be decided about"):
            self._client.update_model_package(
                ModelPackageArn=before["ModelPackageArn"], ModelApprovalStatus=status, ApprovalDescription=reason
            )
        return ApprovalDecision(group, version, None, None, str(before.get("ModelApprovalStatus", "")), status, reason)

    def locate(self, uri: str) -> str:
        """The URI itself: whoever can read the registry can read it there."""
        return uri

    def digest(self, uri: str) -> str:
        """The SHA-256 of an object, which is read as a stream.

        Raises: AwsError when it is not to be had.
        """
        objects = Objects(self._account)
        file, sha256 = RemoteFile(objects, find_model(objects, uri)), hashlib.sha256()
        while chunk := file.read(_CHUNK_BYTES):
            sha256.update(chunk)
        return sha256.hexdigest()

    def _arns(self, group: str, limit: int | None = None) -> Iterator[str]:
        """The ARNs of a group's versions, the newest first; none where there is no such group."""
        count = 0
        more: dict[str, str] = {}
        while True:
            try:
                with translate_errors(f"the versions of {group!r} cannot be listed"):
                    answer = self._client.list_model_packages(
                        ModelPackageGroupName=group,
                        SortBy="CreationTime",
                        SortOrder="Descending",
                        MaxResults=100,
                        **more,
                    )
            except AwsError as error:
                if service_error_code(error) in (*ABSENT, NOT_VALID):
                    self._refuse_group(group)
                raise
            for summary in answer.get("ModelPackageSummaryList", ()):
                yield summary["ModelPackageArn"]
                count += 1
                if count == limit:
                    return
            if not answer.get("NextToken"):
                return
            more = {"NextToken": answer["NextToken"]}

    def _describe(self, arn: str) -> dict[str, Any]:
        with translate_errors(f"{arn} cannot be described"):
            answer = self._client.describe_model_package(ModelPackageName=arn)
        return {name: _plain(value) for name, value in answer.items() if name != "ResponseMetadata"}

    def _refuse_group(self, group: str) -> None:
        groups = self.groups()
        if group not in groups:
            where = f"account {self._account.identity.account}, region {self._account.region}"
            raise ModelRegistryError(
                "REG011", f"no group is named {group!r} in {where}", fix=suggest_names(group, groups)
            )


def _plain(value: Any) -> Any:
    """A value as JSON has it: a time as text."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
