"""An archive on S3 as the commands of `stepsmith archive` take it: read as a stream, packaged where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.aws.s3.objects import Objects
from stepsmith.aws.s3.packaging import package_on_s3
from stepsmith.aws.s3.remote_archive import model_at, verified
from stepsmith.cli.accounts import opened_account
from stepsmith.cli.console.screen import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepsmith.aws.s3.splice_parts import S3Model
    from stepsmith.container.archive.limits import Limits
    from stepsmith.container.archive.read import ArchiveRecord
    from stepsmith.container.archive.write import Entry


def verified_on_s3(
    uri: str, sha256: str, limits: Limits, profile: str | None, region: str | None
) -> tuple[ArchiveRecord, dict[str, Any]]:
    """The record of an archive on S3, and what pins the object that was read."""
    objects = Objects(opened_account(profile, region))
    found = verified(objects, model_at(objects, uri), expected_digest=sha256, limits=limits)
    return found.record, _pinned(found.model)


def packaged_on_s3(
    uri: str, entries: Sequence[Entry], target: str, limits: Limits, profile: str | None, region: str | None
) -> tuple[ArchiveRecord, dict[str, Any]]:
    """The record of a model on S3 of which a package was made there, and facts of the package."""
    objects = Objects(opened_account(profile, region), say=lambda what: say(f"warning: {what}", err=True))
    made = package_on_s3(objects, uri, entries, target, limits)
    sent = made.plan.head_size_bytes + made.plan.moved_bytes
    facts = {"sha256": made.package.record.digest, "size_bytes": made.plan.size_bytes, "sent_bytes": sent}
    return made.model.record, {**facts, **_pinned(made.package.model)}


def _pinned(model: S3Model) -> dict[str, Any]:
    return {"version_id": model.version_id, "etag": model.etag}
