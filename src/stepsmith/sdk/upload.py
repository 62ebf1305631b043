"""The files that a step needs on S3, brought there by the client of a session of the SDK's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from stepsmith.definition.assets import RemoteSource
from stepsmith.diagnostics import About, Rule, SdkError
from stepsmith.sagemaker.identifiers import bucket_and_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stepsmith.definition.assets import Asset, AssetObject

# What S3 answers where an object is not there, by HEAD as a number alone; 403 to who may not list the bucket.
_ABSENT = ("403", "404", "NoSuchKey", "NotFound")


def upload_assets(assets: Iterable[Asset], session: Any) -> list[str]:
    """Uploads each file that is not on S3 yet, as a stream; the URIs of those that were uploaded.

    A key holds the digest of what is there, so that an object of the same key and size is the same. Raises: SdkError
    when S3 refuses; ArchiveError when a file is no longer what the step was built with, and then it is not uploaded.
    """
    client = session.s3_client or session.boto_session.client("s3", region_name=session.boto_region_name)
    uploaded = []
    for uri, item in _objects(assets):
        bucket, key = bucket_and_key(uri) or ("", "")
        try:
            there = _size(client, bucket, key)
            if isinstance(item.source, RemoteSource):
                if there is None:
                    # Inside S3, unread: the step refuses a model that has not the digest.
                    from_bucket, from_key = bucket_and_key(item.source.uri) or ("", "")
                    client.copy({"Bucket": from_bucket, "Key": from_key}, bucket, key)
                    uploaded.append(uri)
            elif there != item.size_bytes:
                client.upload_fileobj(_Stream(item.chunks()), bucket, key)
                uploaded.append(uri)
        except ClientError as error:
            fix = "correct the bucket in pipeline_s3_loc, or the permissions of the session's credentials"
            raise SdkError("SDK004", f"{uri} cannot be uploaded: {error}", fix=fix) from error
        except BotoCoreError as error:
            fix = "see that the session has credentials, and reaches S3 in its region"
            raise SdkError("SDK004", f"{uri} cannot be uploaded: {error}", fix=fix) from error
    return uploaded


def _objects(assets: Iterable[Asset]) -> Iterator[tuple[str, AssetObject]]:
    for asset in assets:
        for item in asset.objects:
            yield asset.object_uri(item), item


def _size(client: Any, bucket: str, key: str) -> int | None:
    """How many bytes an object has, or None where there is none that the session may see."""
    try:
        size: int = client.head_object(Bucket=bucket, Key=key)["ContentLength"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
    return size


class _Stream:
    """Chunks as a file that is read from its beginning to its end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, or all that is left."""
        parts, count = [self._held], len(self._held)
        while size < 0 or count < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            count += len(chunk)
        joined = b"".join(parts)
        end = len(joined) if size < 0 else size
        self._held = joined[end:]
        return joined[:end]


RULES = (
    Rule(
        "SDK004",
        "An upload that failed",
        "The step's code and inputs must be on S3 before the SDK can start it.",
        About.SDK,
        "Check the bucket in `pipeline_s3_loc`, the session's credentials and their permissions, and the "
        "connection to S3.",
    ),
)
