"""Whether what was written is what was to be written: by the service's checksum, or else by reading it back."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from stepsmith.aws.errors import translate_errors
from stepsmith.aws.s3.objects import NO_CHECKSUMS, base64_of, bucket_and_key_of
from stepsmith.diagnostics import About, AwsError, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.aws.s3.objects import Objects

_CHUNK_BYTES = 1 << 20


def verify_put(objects: Objects, uri: str, content: bytes, digest: str, answer: Mapping[str, Any]) -> None:
    """Sees to it that an object which was put by one request, with its SHA-256, arrived as it was sent.

    Amazon's S3 refuses what has another digest; of any other implementation that is seen from the checksum that it
    keeps, or else from the MD5 that it says of what it received, or else by reading the object back. Raises: AwsError
    when the object is another; it is removed.
    """
    if objects.is_of_aws or answer.get("ChecksumSHA256") == base64_of(digest):
        return
    if objects.keeps_checksums is None:
        bucket, key = bucket_and_key_of(uri)
        with translate_errors(f"{uri} cannot be looked at"):
            objects.keeps_checksums = objects.head(bucket, key).get("ChecksumSHA256") == base64_of(digest)
    if objects.keeps_checksums:
        return
    objects.warn_unsupported(NO_CHECKSUMS)
    if not is_md5(answer, hashlib.md5(content, usedforsecurity=False).hexdigest()):
        verify_by_reading(objects, uri, digest)


def is_md5(answer: Mapping[str, Any], md5: str) -> bool:
    """Whether the ETag that an answer has is an MD5."""
    return str(answer.get("ETag", "")).strip('"') == md5


def verify_by_reading(objects: Objects, uri: str, digest: str) -> None:
    """Reads an object back, where nothing else tells what arrived, and compares its digest.

    Raises: AwsError when it is another; the object is removed, so that nothing takes it for what it is named.
    """
    location = dict(zip(("Bucket", "Key"), bucket_and_key_of(uri), strict=True))
    sha256 = hashlib.sha256()
    with translate_errors(f"{uri} cannot be read back"):
        body = objects.client.get_object(**location, **objects.options.common_args)["Body"]
        for chunk in body.iter_chunks(_CHUNK_BYTES):
            sha256.update(chunk)
    if sha256.hexdigest() == digest:
        return
    remove(objects, uri)
    message = f"{uri} came out with the SHA-256 {sha256.hexdigest()}, and was sent with another; it was removed"
    raise AwsError("AWS022", message, fix="repeat the command; if it happens again, look at what is on the way")


def accept_identical(objects: Objects, uri: str, size_bytes: int, digest: str | None, error: Exception) -> None:
    """Nothing, where an object that somebody else made at the same time is the one that was to be made.

    That is seen by its size, and by its digest where S3 knows it. Raises: AwsError when it is another, or is not there.
    """
    there, actual = objects.describe_object(uri) if objects.object_exists(uri) else (None, None)
    if there is None:
        fix = "repeat the command: what was done stays done"
        raise AwsError("AWS017", f"{uri} is being made by somebody else", fix=fix) from error
    if there.size_bytes != size_bytes:
        raise object_conflict(uri, there.size_bytes, size_bytes) from error
    if digest and actual and actual != digest:
        raise digest_mismatch(uri, actual, digest) from error


def remove(objects: Objects, uri: str) -> None:
    """Removes an object that is not what it was to be, so that nothing takes it for that.

    Raises: AwsError when it cannot be removed.
    """
    bucket, key = bucket_and_key_of(uri)
    with translate_errors(f"{uri} cannot be removed, and is not what it was to be"):
        objects.client.delete_object(Bucket=bucket, Key=key, **objects.options.common_args)


def changed_since_plan(uri: str) -> AwsError:
    """The error where an object on S3 is another by now than the one that was planned with."""
    message = f"what {uri} was to be made of is not the object any more that was planned with"
    return AwsError("AWS024", message, fix="plan again: see whether the new one is what you want")


def digest_mismatch(uri: str, actual: str, expected: str) -> AwsError:
    """The error where the key of an object, which holds its digest, holds something else of the same size."""
    message = f"{uri} has the SHA-256 {actual} and not {expected}: it is not what its key says"
    return AwsError("AWS021", message, fix="remove it, and deploy again")


def object_conflict(uri: str, actual_bytes: int, expected_bytes: int) -> AwsError:
    """The error where the key of an object, which holds its digest, holds something else."""
    message = f"{uri} has {actual_bytes:,} bytes and not {expected_bytes:,}: it is not what its key says"
    return AwsError("AWS021", message, fix="remove it, and deploy again")


RULES = (
    Rule(
        "AWS021",
        "An object that does not match its key",
        "The key contains the digest of the contents. The object has other contents, so it is damaged or "
        "someone replaced it.",
        About.AWS,
        "Delete the object, and deploy again.",
    ),
    Rule(
        "AWS022",
        "An uploaded object with the wrong contents",
        "Stepsmith verifies what it wrote. The object differs from what was sent, and was deleted.",
        About.AWS,
        "Repeat the command. If it happens again, check proxies and the network.",
    ),
    Rule(
        "AWS024",
        "An S3 object that changed after it was planned",
        "Someone replaced the object since the plan was made, so its contents were not verified.",
        About.AWS,
        "Plan again, and check that the new object is what you want.",
    ),
)
