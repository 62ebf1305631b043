"""An archive on S3 as the commands of `stepsmith archive` take it: read as a stream, packaged where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.aws.s3.objects import Objects
from stepsmith.aws.s3.packaging import package_on_s3
from stepsmith.aws.s3.remote_archive import find_model, verify_model
from stepsmith.cli.accounts import open_account
from stepsmith.cli.console.screen import print_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepsmith.aws.s3.splice_parts import S3Model
    from stepsmith.container.archive.limits import Limits
    from stepsmith.container.archive.read import ArchiveRecord
    from stepsmith.container.archive.write import ArchiveEntry


def verify_s3_archive(
    uri: str, sha256: str, limits: Limits, profile: str | None, region: str | None
) -> tuple[ArchiveRecord, dict[str, Any]]:
    """The record of an archive on S3, and what pins the object that was read."""
    objects = Objects(open_account(profile, region))
    verified = verify_model(objects, find_model(objects, uri), expected_digest=sha256, limits=limits)
    return verified.record, _pinned(verified.model)


def package_s3_archive(
    uri: str, entries: Sequence[ArchiveEntry], target: str, limits: Limits, profile: str | None, region: str | None
) -> tuple[ArchiveRecord, dict[str, Any]]:
    """The record of a model on S3 of which a package was made there, and facts of the package."""
    objects = Objects(open_account(profile, region), say=lambda what: print_line(f"warning: {what}", err=True))
    package = package_on_s3(objects, uri, entries, target, limits)
    sent = package.plan.head_size_bytes + package.plan.moved_bytes
    facts = {"sha256": package.package.record.digest, "size_bytes": package.plan.size_bytes, "sent_bytes": sent}
    return package.model.record, {**facts, **_pinned(package.package.model)}


def _pinned(model: S3Model) -> dict[str, Any]:
    return {"version_id": model.version_id, "etag": model.etag}
