"""A model.tar.gz that is on S3, read as a stream: verified to its last byte, and never on this machine's disk."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from stepsmith.aws.errors import ABSENT, PRECONDITION, aws_error, code_of
from stepsmith.container.archive.limits import USUAL, Limits
from stepsmith.container.archive.read import ArchiveRecord, record_of
from stepsmith.definition.assets import ARCHIVE_FIXES, translate_archive_faults
from stepsmith.diagnostics import AwsError

if TYPE_CHECKING:
    from stepsmith.aws.s3.objects import Objects
    from stepsmith.aws.s3.splice_parts import S3Model

# How often reading goes on where a connection was lost without a byte having come since, and how long it waits then.
_ATTEMPTS = 5
_WAIT_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class VerifiedModel:
    """An archive on S3 that was verified: the object, pinned; its record; the CRC-32 of its bytes."""

    model: S3Model
    record: ArchiveRecord
    crc: int


def find_model(objects: Objects, uri: str) -> S3Model:
    """The object at a URI, pinned.

    Raises: AwsError when there is none, or it is not to be seen.
    """
    model = objects.find_object(uri)
    if model is None:
        raise missing_object(uri)
    return model


def missing_object(uri: str) -> AwsError:
    """The error where a model that is named is not there."""
    return AwsError("AWS023", f"there is no object {uri}", fix="correct the URI, or put the model there")


def verify_model(
    objects: Objects, model: S3Model, *, expected_digest: str = "", limits: Limits = USUAL
) -> VerifiedModel:
    """Reads a pinned object once, as a stream.

    Raises: ArchiveError when it is not sound or has another digest; AwsError when it cannot be read or is another now.
    """
    file = RemoteFile(objects, model)
    with translate_archive_faults(ARCHIVE_FIXES):
        record = record_of(file, model.uri, expected_digest=expected_digest, limits=limits)  # type: ignore[arg-type]
    return VerifiedModel(model, record, file.crc)


class RemoteFile:
    """A pinned object as a file that is read from its beginning to its end; a lost connection is taken up again."""

    def __init__(self, objects: Objects, model: S3Model) -> None:
        self._objects, self._model = objects, model
        self._offset = 0
        self._body: Any = None
        self.crc = 0

    def read(self, size: int) -> bytes:
        """The next `size` bytes at most, none at the end.

        Raises: AwsError when they cannot be had, or the object is another now.
        """
        attempt = 0
        while self._offset < self._model.size_bytes:
            try:
                self._body = self._body or self._opened()
                data: bytes = self._body.read(size)
            except ClientError as error:
                raise self._translate(error) from error
            except BotoCoreError as error:
                if attempt == _ATTEMPTS:
                    raise aws_error(error, f"{self._model.uri} cannot be read") from error
                data = b""
            if data:
                self._offset += len(data)
                self.crc = zlib.crc32(data, self.crc)
                return data
            # The answer ended before the object did.
            self._body = None
            attempt += 1
            if attempt > _ATTEMPTS:
                raise AwsError("AWS018", f"{self._model.uri} cannot be read to its end", fix="repeat the command")
            self._objects.account.sleep(_WAIT_SECONDS * attempt)
        return b""

    def _opened(self) -> Any:
        ranged = {"Range": f"bytes={self._offset}-"} if self._offset else {}
        return self._objects.client.get_object(
            **self._model.get_arguments, **ranged, **self._objects.options.read_args
        )["Body"]

    def _translate(self, error: ClientError) -> AwsError:
        if code_of(error) in (*PRECONDITION, *ABSENT, "NoSuchVersion"):
            message = f"{self._model.uri} is not the object any more that was planned with"
            return AwsError("AWS024", message, fix="plan again: see whether the new one is what you want")
        return aws_error(error, f"{self._model.uri} cannot be read")
