"""The objects of a deploy brought to S3: what is here is sent, what is on S3 is verified and copied inside it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from stepsmith.aws.errors import CONFLICT, PRECONDITION, service_error_code, translate_errors
from stepsmith.aws.s3.file_slice import FileSlice
from stepsmith.aws.s3.integrity import accept_identical, verify_put
from stepsmith.aws.s3.multipart_upload import upload_in_parts
from stepsmith.aws.s3.objects import DIGEST_METADATA, base64_of, bucket_and_key_of
from stepsmith.aws.s3.parts import CopiedPart, ExpectedObject, UploadedPart
from stepsmith.aws.s3.remote_archive import verify_model
from stepsmith.aws.s3.splice_parts import LIMITS
from stepsmith.aws.s3.splice_plan import shares
from stepsmith.definition.assets import FileSource
from stepsmith.diagnostics import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from stepsmith.aws.deployment.plan import CopyObject, UploadObject
    from stepsmith.aws.deployment.progress import Progress
    from stepsmith.aws.s3.objects import Objects
    from stepsmith.aws.s3.splice_parts import S3Limits, S3Model
    from stepsmith.definition.assets import AssetObject

_MIB = 1 << 20
# What is no larger is sent by one request, several at a time; all else in parts, larger where there would be too many.
WHOLE_BYTES, PART_BYTES = 4 * _MIB, 8 * _MIB
# Parts of files that are larger than this are never in memory.
_MOST_HELD_BYTES = 24 * _MIB


def fits_one_request(action: UploadObject) -> bool:
    """Whether an object is small enough to be sent by one request."""
    return action.size_bytes <= WHOLE_BYTES


def put_object(objects: Objects, action: UploadObject, progress: Progress) -> None:
    """Sends an object by one request, with its SHA-256, unless there is one already.

    Raises: AwsError when S3 refuses; ArchiveError when the bytes are not those any more that were compiled with.
    """
    content = b"".join(action.item.chunks())
    bucket, key = bucket_and_key_of(action.uri)
    try:
        with translate_errors(f"{action.uri} cannot be uploaded"):
            answer = objects.client.put_object(
                Bucket=bucket,
                Key=key,
                Body=content,
                ChecksumSHA256=base64_of(action.item.digest),
                IfNoneMatch="*",
                Metadata={DIGEST_METADATA: action.digest},
                **objects.options.write_args,
            )
    except AwsError as error:
        if service_error_code(error) not in (*PRECONDITION, *CONFLICT):
            raise
        accept_identical(objects, action.uri, action.size_bytes, action.digest, error)
    else:
        verify_put(objects, action.uri, content, action.item.digest, answer)
    progress.arrived(action.size_bytes)


def upload_file(objects: Objects, action: UploadObject, pool: Executor, progress: Progress) -> None:
    """Sends an object in parts, each with its CRC-32, and the whole with its own.

    Raises: as `put_object` does.
    """
    target = ExpectedObject(action.size_bytes, action.item.digest)
    size_bytes = part_bytes(action.size_bytes)
    upload_in_parts(objects, action.uri, lambda: sent_parts(action.item, target, size_bytes), target, pool, progress)


def copy_object(objects: Objects, action: CopyObject, pool: Executor, progress: Progress) -> None:
    """Verifies an archive that is on S3, as a stream, and copies what was verified to its own key, inside S3.

    Raises: AwsError when it is not what was planned with, or S3 refuses; ArchiveError when it is not sound, or has
    another digest.
    """
    verified = verify_model(objects, action.source, expected_digest=action.digest)
    target = ExpectedObject(action.source.size_bytes, action.digest, verified.crc)
    upload_in_parts(objects, action.uri, lambda: copied_parts(action.source), target, pool, progress)


def copied_parts(model: S3Model, limits: S3Limits = LIMITS) -> Iterator[CopiedPart]:
    """A whole object as parts that S3 copies."""
    if model.size_bytes <= limits.range_source_bytes:
        yield CopiedPart(1, model, "", model.size_bytes)
        return
    most = max(limits.copy_bytes, -(-model.size_bytes // limits.parts))
    for number, (start, end) in enumerate(shares(model.size_bytes, most), 1):
        yield CopiedPart(number, model, f"bytes={start}-{end - 1}", end - start)


def part_bytes(size_bytes: int, limits: S3Limits = LIMITS) -> int:
    """How large the parts of an object are: as they are wanted, or whole MiB more where there would be too many.

    >>> part_bytes(10**9), part_bytes(10**12)
    (8388608, 100663296)
    """
    return max(PART_BYTES, -(-size_bytes // (limits.parts * _MIB)) * _MIB)


def sent_parts(item: AssetObject, target: ExpectedObject, part_bytes: int) -> Iterator[UploadedPart]:
    """An object's bytes as parts; its CRC-32 is the whole's when all have been made.

    They are read from the first to the last in any case, for the digest. What is too large to be held is sent out of
    its file, where it is one.
    """
    target.crc = 0
    if part_bytes > _MOST_HELD_BYTES and isinstance(item.source, FileSource):
        yield from _slices(item, item.source.path, part_bytes, target)
        return
    for number, content in enumerate(_cut(item.chunks(), part_bytes, target), 1):
        yield UploadedPart(number, content)


def _slices(item: AssetObject, path: Path, part_bytes: int, target: ExpectedObject) -> Iterator[UploadedPart]:
    number, start, count, crc = 1, 0, 0, 0
    for chunk in item.chunks():
        target.crc = zlib.crc32(chunk, target.crc or 0)
        rest = memoryview(chunk)
        while count + len(rest) >= part_bytes:
            room = part_bytes - count
            yield UploadedPart(number, FileSlice(path, start, part_bytes), zlib.crc32(rest[:room], crc))
            number, start, count, crc, rest = number + 1, start + part_bytes, 0, 0, rest[room:]
        crc, count = zlib.crc32(rest, crc), count + len(rest)
    if count:
        yield UploadedPart(number, FileSlice(path, start, count), crc)


def _cut(chunks: Iterator[bytes], size_bytes: int, target: ExpectedObject) -> Iterator[bytes]:
    pending: list[bytes] = []
    count = 0
    for chunk in chunks:
        target.crc = zlib.crc32(chunk, target.crc or 0)
        rest = memoryview(chunk)
        while count + len(rest) >= size_bytes:
            room = size_bytes - count
            yield b"".join([*pending, rest[:room]])
            pending, count, rest = [], 0, rest[room:]
        if rest:
            pending.append(bytes(rest) if len(rest) != len(chunk) else chunk)
            count += len(rest)
    if pending:
        yield b"".join(pending)
