"""A package of a model that is on S3, put together there: what is new is sent, and the model's own bytes are copied."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepsmith.aws.deployment.progress import Silent
from stepsmith.aws.errors import translate_errors
from stepsmith.aws.s3.integrity import remove
from stepsmith.aws.s3.multipart_upload import upload_in_parts
from stepsmith.aws.s3.parts import CopiedPart, ExpectedObject, UploadedPart
from stepsmith.aws.s3.remote_archive import VerifiedModel, find_model, verify_model
from stepsmith.aws.s3.splice_parts import HeadRange, ModelRange, UploadPart
from stepsmith.aws.s3.splice_plan import plan_splice
from stepsmith.container.archive.limits import USUAL, Limits
from stepsmith.container.archive.splice import Head
from stepsmith.definition.assets import translate_archive_faults
from stepsmith.diagnostics import About, ArchiveError, AwsError, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepsmith.aws.s3.objects import Objects
    from stepsmith.aws.s3.splice_parts import Piece, S3Model, SplicePlan
    from stepsmith.container.archive.write import ArchiveEntry

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A package on S3, as it was verified; the model that it is of; and the plan by which it was put together."""

    package: VerifiedModel
    model: VerifiedModel
    plan: SplicePlan


def package_on_s3(
    objects: Objects, source: str, entries: Sequence[ArchiveEntry], target: str, limits: Limits = USUAL
) -> PackagedModel:
    """Verifies the model at `source`, as a stream, and makes a package of it and `entries` at `target`, inside S3.

    The package is then read to its end too, as a stream, and removed where it is not whole.

    Raises: ArchiveError when the model is not sound, or an entry cannot be read; AwsError when S3 refuses, the model
    holds what an entry would replace, or there is something at `target` already.
    """
    if objects.find_object(target) is not None:
        raise AwsError("AWS025", f"{target} is there already", fix="name another key, or remove it")
    verified = verify_model(objects, find_model(objects, source), limits=limits)
    plan = plan_splice(verified.model, verified.record, entries)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        expected = ExpectedObject(plan.size_bytes)
        upload_in_parts(objects, target, lambda: _parts(objects, plan, entries), expected, pool, Silent())
    return PackagedModel(_verified(objects, target, limits), verified, plan)


def _verified(objects: Objects, target: str, limits: Limits) -> VerifiedModel:
    try:
        return verify_model(objects, find_model(objects, target), limits=limits)
    except ArchiveError as error:
        remove(objects, target)
        message = f"{target} did not come out whole, and was removed: {error.findings[0].message}"
        raise AwsError(
            "AWS022", message, fix="repeat the command; if it happens again, look at what is on the way"
        ) from None


def _parts(objects: Objects, plan: SplicePlan, entries: Sequence[ArchiveEntry]) -> Iterator[UploadedPart | CopiedPart]:
    """The parts of a plan with their bytes.

    Raises: AwsError when an entry is not what it was when that was planned.
    """
    head = _HeadBytes(entries)
    for part in plan.parts:
        if isinstance(part, UploadPart):
            yield UploadedPart(part.number, b"".join(_bytes(objects, plan.model, head, piece) for piece in part.pieces))
        else:
            yield CopiedPart(part.number, plan.model, part.copy_source_range, part.size_bytes)
    if head.digest != plan.head_digest:
        message = "the files that are added changed since the package was planned"
        raise AwsError("AWS026", message, fix="let them be written to their end, and repeat the command")


def _bytes(objects: Objects, model: S3Model, head: _HeadBytes, piece: Piece) -> bytes:
    if isinstance(piece, HeadRange):
        return head.take(piece.size_bytes)
    if isinstance(piece, ModelRange):
        with translate_errors(f"{model.uri} cannot be read"):
            answer = objects.client.get_object(
                **model.get_arguments, Range=piece.http_range, **objects.options.read_args
            )
            content: bytes = answer["Body"].read()
            return content
    return piece.content


class _HeadBytes:
    """The bytes of a package's head, taken from its beginning to its end."""

    def __init__(self, entries: Sequence[ArchiveEntry]) -> None:
        self._chunks = Head(entries).chunks()
        self._buffer = bytearray()
        self._sha256 = hashlib.sha256()

    @property
    def digest(self) -> str:
        """The SHA-256 of what was taken."""
        return self._sha256.hexdigest()

    def take(self, size_bytes: int) -> bytes:
        """The next bytes."""
        with translate_archive_faults():
            while len(self._buffer) < size_bytes:
                self._buffer += next(self._chunks)
        chunk = bytes(self._buffer[:size_bytes])
        del self._buffer[:size_bytes]
        self._sha256.update(chunk)
        return chunk


RULES = (
    Rule(
        "AWS025",
        "A target that already exists",
        "Stepsmith does not overwrite an object that it did not create.",
        About.AWS,
        "Use another key, or delete the object.",
    ),
    Rule(
        "AWS026",
        "Files that changed during packaging",
        "The files that are added to the model have other contents than when the package was planned.",
        About.AWS,
        "Wait until nothing writes to them, and repeat the command.",
    ),
)
