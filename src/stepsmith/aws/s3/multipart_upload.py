"""An object put together of parts, by one multipart upload: sent from here, or copied inside S3.

Nothing of it is to be seen before all parts are there. An upload that was broken off is gone on with: parts that are
there, and are what would be sent, are not sent again.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from stepsmith.aws.errors import ABSENT, CONFLICT, PRECONDITION, code_of, translate_errors
from stepsmith.aws.s3.integrity import accept_identical, changed_since_plan, is_md5, verify_by_reading
from stepsmith.aws.s3.objects import (
    DIGEST_METADATA,
    NO_CHECKSUMS,
    bucket_and_key_of,
    crc32_base64,
)
from stepsmith.aws.s3.parts import CopiedPart, ExpectedObject, UploadedPart
from stepsmith.diagnostics import AwsError, StepsmithError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Executor, Future

    from stepsmith.aws.deployment.progress import Progress
    from stepsmith.aws.s3.objects import Objects

# How many bytes of parts are held at once; a part that is larger is sent alone.
_HELD_BYTES = 48 << 20
_MOST_AT_ONCE = 16
_FULL, _ALGORITHM = "FULL_OBJECT", "CRC32"
_GONE = "NoSuchUpload"


@dataclass(frozen=True, slots=True)
class _Done:
    """A part that is there: as CompleteMultipartUpload takes it, and whether its bytes are known to have arrived."""

    summary: dict[str, Any]
    is_verified: bool


@dataclass(frozen=True, slots=True)
class _Upload:
    """A multipart upload that has begun; `there` are its parts, by their numbers, as ListParts tells them.

    `is_own` is one that was begun by this deploy, and that nobody else can be going on with.
    """

    bucket: str
    key: str
    id: str
    is_full: bool
    there: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    is_own: bool = False

    @property
    def arguments(self) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.key, "UploadId": self.id}


def upload_in_parts(
    objects: Objects,
    uri: str,
    parts: Callable[[], Iterable[UploadedPart | CopiedPart]],
    target: ExpectedObject,
    pool: Executor,
    progress: Progress,
) -> None:
    """Makes the object at `uri` of its parts, which `parts` gives in their order, unless another makes it first.

    Should somebody end the upload meanwhile, it is begun anew, once. Raises: AwsError when S3 refuses, and then the
    upload stays to be gone on with; what the parts raise, when they are not what they were to be, and then one that was
    begun here is given up.
    """
    with translate_errors(f"{uri} cannot be uploaded"):
        try:
            response = _upload(objects, uri, parts(), target, pool, progress)
        except _MadeByAnotherError as error:
            if not objects.object_exists(uri):
                response = _upload(objects, uri, parts(), target, pool, progress)
            elif target.digest is None:
                raise AwsError("AWS025", f"{uri} is there already", fix="name another key, or remove it") from error
            else:
                accept_identical(objects, uri, target.size_bytes, target.digest, error)
                _give_up_all(objects, *bucket_and_key_of(uri))
                return
    _confirm(objects, uri, *response, target)
    if target.digest is not None:
        _give_up_all(objects, *bucket_and_key_of(uri))


class _MadeByAnotherError(AwsError):
    """The object, or its upload, was ended by somebody else."""


def _upload(
    objects: Objects,
    uri: str,
    parts: Iterable[UploadedPart | CopiedPart],
    target: ExpectedObject,
    pool: Executor,
    progress: Progress,
) -> tuple[_Upload, list[_Done], Mapping[str, Any]]:
    upload = _begin(objects, *bucket_and_key_of(uri), target)
    try:
        sent = _send_parts(objects, upload, parts, pool, progress)
        return upload, sent, _completed(objects, upload, sent, target)
    except ClientError as error:
        if error.operation_name == "UploadPartCopy" and code_of(error) in (*PRECONDITION, *ABSENT, "NoSuchVersion"):
            _give_up(objects, upload)
            raise changed_since_plan(uri) from error
        is_completing = error.operation_name == "CompleteMultipartUpload"
        if code_of(error) == _GONE or (is_completing and code_of(error) in (*PRECONDITION, *CONFLICT)):
            _give_up(objects, upload)
            message = f"{uri} is being made by somebody else"
            raise _MadeByAnotherError("AWS017", message, fix="repeat the command: what was done stays done") from error
        raise
    except StepsmithError:
        if upload.is_own:
            _give_up(objects, upload)
        raise


def _begin(objects: Objects, bucket: str, key: str, target: ExpectedObject) -> _Upload:
    """The last upload to a key that was begun and not ended, with its parts, or else a new one.

    With a key or tags one is begun anew in any case: what an upload was begun with nobody tells, and it would stay so.
    So is one to a key that has no digest in it: what another is sending there may be something else.
    """
    # Who may not list uploads, or asks a service that has no such list, begins anew.
    with suppress(ClientError):
        begun = [] if objects.options.is_special or target.digest is None else _open_uploads(objects, bucket, key)
        resumed = _resumed(objects, bucket, key, begun[-1]) if begun else None
        if resumed is not None:
            return resumed
    answer = objects.client.create_multipart_upload(
        Bucket=bucket,
        Key=key,
        ChecksumAlgorithm=_ALGORITHM,
        ChecksumType=_FULL,
        **({"Metadata": {DIGEST_METADATA: target.digest}} if target.digest else {}),
        **objects.options.write_args,
    )
    return _Upload(bucket, key, answer["UploadId"], answer.get("ChecksumType") == _FULL, is_own=True)


def _open_uploads(objects: Objects, bucket: str, key: str) -> list[str]:
    """The ids of the uploads to a key that were begun and not ended, in that order."""
    listed = objects.client.list_multipart_uploads(Bucket=bucket, Prefix=key, **objects.options.common_args)
    own_uploads = [upload for upload in listed.get("Uploads", ()) if upload["Key"] == key]
    return [upload["UploadId"] for upload in sorted(own_uploads, key=lambda upload: upload["Initiated"])]


def _resumed(objects: Objects, bucket: str, key: str, upload_id: str) -> _Upload | None:
    """An upload with its parts; None where it was begun with another checksum than ours."""
    there: dict[int, Mapping[str, Any]] = {}
    more: dict[str, int] = {}
    while True:
        answer = objects.client.list_parts(
            Bucket=bucket, Key=key, UploadId=upload_id, **objects.options.common_args, **more
        )
        if answer.get("ChecksumAlgorithm") not in ((_ALGORITHM,) if objects.is_of_aws else (None, _ALGORITHM)):
            return None
        if objects.is_of_aws and answer.get("ChecksumType") != _FULL:
            return None
        there.update({part["PartNumber"]: part for part in answer.get("Parts", ())})
        if not answer.get("IsTruncated"):
            return _Upload(bucket, key, upload_id, answer.get("ChecksumType") == _FULL, there)
        more = {"PartNumberMarker": answer["NextPartNumberMarker"]}


def _send_parts(
    objects: Objects, upload: _Upload, parts: Iterable[UploadedPart | CopiedPart], pool: Executor, progress: Progress
) -> list[_Done]:
    """Sends the parts, several at a time; what became of each, in their order."""
    sent: dict[int, _Done] = {}
    running: dict[Future[_Done], UploadedPart | CopiedPart] = {}
    try:
        for part in parts:
            there = upload.there.get(part.number)
            if there and isinstance(part, UploadedPart) and _is_same(part, there):
                sent[part.number] = _Done(_part_summary(part.number, there), is_verified=True)
                progress.arrived(part.size_bytes, before=True)
                continue
            while running and _is_full(running, part):
                _take(running, sent, progress)
            running[pool.submit(_send, objects, upload, part)] = part
        while running:
            _take(running, sent, progress)
    finally:
        # Where something went wrong, what is on its way arrives, and what has not begun never does.
        for future in running:
            future.cancel()
        wait(running)
    return [sent[number] for number in sorted(sent)]


def _is_full(running: Mapping[Future[_Done], UploadedPart | CopiedPart], part: UploadedPart | CopiedPart) -> bool:
    held_bytes = part.held_bytes + sum(other.held_bytes for other in running.values())
    return held_bytes > _HELD_BYTES or len(running) >= _MOST_AT_ONCE


def _take(running: dict[Future[_Done], UploadedPart | CopiedPart], sent: dict[int, _Done], progress: Progress) -> None:
    """Takes from what is running all that has ended, at least one."""
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        part = running.pop(future)
        sent[part.number] = future.result()
        progress.arrived(part.size_bytes)


def _is_same(part: UploadedPart, there: Mapping[str, Any]) -> bool:
    """Whether a part that is there has these bytes: by its CRC-32, or else by its ETag, which may be its MD5."""
    if there.get("Size") != part.size_bytes:
        return False
    if "ChecksumCRC32" in there:
        return bool(there["ChecksumCRC32"] == crc32_base64(part.crc))
    return is_md5(there, part.md5())


def _send(objects: Objects, upload: _Upload, part: UploadedPart | CopiedPart) -> _Done:
    if isinstance(part, UploadedPart):
        answer = objects.client.upload_part(
            **upload.arguments,
            PartNumber=part.number,
            Body=part.body(),
            ContentLength=part.size_bytes,
            ChecksumCRC32=crc32_base64(part.crc),
            **objects.options.common_args,
        )
        summary = _part_summary(part.number, answer)
        # One that keeps no checksums may say the MD5 of what it received.
        is_verified = objects.is_of_aws or "ChecksumCRC32" in summary or is_md5(answer, part.md5())
        return _Done(summary, is_verified)
    ranged = {"CopySourceRange": part.copy_source_range} if part.copy_source_range else {}
    answer = objects.client.upload_part_copy(
        **upload.arguments, PartNumber=part.number, **part.model.copy_arguments, **ranged, **objects.options.common_args
    )
    summary = _part_summary(part.number, answer["CopyPartResult"])
    return _Done(summary, objects.is_of_aws or "ChecksumCRC32" in summary)


def _part_summary(number: int, answer: Mapping[str, Any]) -> dict[str, Any]:
    checksum = {"ChecksumCRC32": answer["ChecksumCRC32"]} if answer.get("ChecksumCRC32") else {}
    return {"PartNumber": number, "ETag": answer["ETag"], **checksum}


def _completed(objects: Objects, upload: _Upload, sent: Sequence[_Done], target: ExpectedObject) -> Mapping[str, Any]:
    """Makes the object of its parts, if there is none, and if it is what it is to be where the service can tell."""
    checksum: dict[str, Any] = {}
    if upload.is_full and target.crc is not None:
        checksum = {
            "ChecksumCRC32": crc32_base64(target.crc),
            "ChecksumType": _FULL,
            "MpuObjectSize": target.size_bytes,
        }
    answer: Mapping[str, Any] = objects.client.complete_multipart_upload(
        **upload.arguments,
        MultipartUpload={"Parts": [part.summary for part in sent]},
        IfNoneMatch="*",
        **checksum,
        **objects.options.common_args,
    )
    return answer


def _give_up(objects: Objects, upload: _Upload) -> None:
    """Removes an upload and its parts; one that another has ended meanwhile is gone already."""
    with suppress(ClientError, BotoCoreError):
        objects.client.abort_multipart_upload(**upload.arguments, **objects.options.common_args)


def _give_up_all(objects: Objects, bucket: str, key: str) -> None:
    """Removes every upload to the key of an object that is there now: by whomever it was begun, it cannot end any more.

    One is left over where the answer to its beginning was lost, or another made the object at the same time.
    """
    with suppress(ClientError, BotoCoreError):
        for upload_id in _open_uploads(objects, bucket, key):
            _give_up(objects, _Upload(bucket, key, upload_id, is_full=False))


def _confirm(
    objects: Objects,
    uri: str,
    upload: _Upload,
    sent: Sequence[_Done],
    answer: Mapping[str, Any],
    target: ExpectedObject,
) -> None:
    """Sees to it that the object is what it is to be, where the service did not."""
    is_full = upload.is_full or answer.get("ChecksumType") == _FULL
    if is_full or all("ChecksumCRC32" in part.summary for part in sent):
        return
    objects.warn_unsupported(NO_CHECKSUMS)
    if target.digest is not None and not all(part.is_verified for part in sent):
        verify_by_reading(objects, uri, target.digest)
