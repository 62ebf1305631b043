"""A package as parts of one multipart upload: what is sent, and what S3 copies out of the model that it has.

A plan is data, and makes no request. Whatever executes it sends the arguments of `S3Model` with every request, and
completes the upload only when the head's digest is the plan's: the trailer holds the CRC of that head, and of no other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, AwsError, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Self

_MIB = 1 << 20
_GIB = 1 << 30
_TIB = 1 << 40


@dataclass(frozen=True, slots=True)
class S3Limits:
    """What S3 takes, and below it how large we make parts; those two are at least twice `part_min_bytes`.

    Only the last part may be smaller than `part_min_bytes`. Of an object of `range_source_bytes` or less no range can
    be copied.
    """

    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html: these four; 48.8 TiB were 5 until late in 2025
    part_min_bytes: int = 5 * _MIB
    part_max_bytes: int = 5 * _GIB
    parts: int = 10_000
    object_bytes: int = 488 * _TIB // 10
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html, x-amz-copy-source-range: "5 MB"
    range_source_bytes: int = 5 * _MIB
    # Ours: what an executor holds in memory for each part that it sends.
    upload_bytes: int = 64 * _MIB
    # Ours: what is copied by one request, and again when it fails; more where there would be too many parts.
    copy_bytes: int = 512 * _MIB


LIMITS = S3Limits()


@dataclass(frozen=True, slots=True)
class S3Model:
    """The object that was verified, pinned: no request made with its arguments is answered with another's bytes.

    `etag` is as S3 gives it, in quotes. The version `null` pins nothing, since it is overwritten where it stands
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html).
    Raises: AwsError when there is neither another version nor an ETag.
    """

    bucket: str
    key: str
    size_bytes: int
    version_id: str | None = None
    etag: str | None = None

    def __post_init__(self) -> None:
        if not self.etag and self.version_id in (None, "", "null"):
            message = (
                "neither a version nor an ETag is known, so that nothing tells it from what may be put in its place"
            )
            raise AwsError(
                "AWS001", message, where=self.uri, fix="give the VersionId or the ETag that it was read under"
            )

    @property
    def uri(self) -> str:
        """Where it is."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def get_arguments(self) -> dict[str, str]:
        """What a GetObject of it is called with, but for the range.

        >>> S3Model("models", "best.tgz", 9, etag='"f00d"').get_arguments
        {'Bucket': 'models', 'Key': 'best.tgz', 'IfMatch': '"f00d"'}
        """
        return {**self._source, **({"IfMatch": self.etag} if self.etag else {})}

    @property
    def copy_arguments(self) -> dict[str, str | dict[str, str]]:
        """What an UploadPartCopy from it is called with, as boto3 takes it, but for the range and the part's place.

        >>> S3Model("models", "best.tgz", 9, version_id="3").copy_arguments
        {'CopySource': {'Bucket': 'models', 'Key': 'best.tgz', 'VersionId': '3'}}
        """
        return {"CopySource": self._source, **({"CopySourceIfMatch": self.etag} if self.etag else {})}

    @property
    def _source(self) -> dict[str, str]:
        version = {"VersionId": self.version_id} if self.version_id else {}
        return {"Bucket": self.bucket, "Key": self.key, **version}


@dataclass(frozen=True, slots=True)
class _Range:
    start: int
    end: int

    @property
    def size_bytes(self) -> int:
        """How many bytes it is."""
        return self.end - self.start

    def cut(self, start: int, end: int) -> Self:
        """Its own bytes from `start` up to `end`."""
        return replace(self, start=self.start + start, end=self.start + end)


@dataclass(frozen=True, slots=True)
class HeadRange(_Range):
    """The head's bytes from `start` up to `end`; in a plan they are in order, and all there once."""


@dataclass(frozen=True, slots=True)
class ModelRange(_Range):
    """The model's bytes from `start` up to `end`, to be read by one GetObject."""

    @property
    def http_range(self) -> str:
        """The range as GetObject takes it, which counts the last byte in.

        >>> ModelRange(10, 20).http_range
        'bytes=10-19'
        """
        return _inclusive(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes that stand in the plan itself: the trailer's."""

    content: bytes

    @property
    def size_bytes(self) -> int:
        """How many bytes it is."""
        return len(self.content)

    def cut(self, start: int, end: int) -> Literal:
        """Its own bytes from `start` up to `end`."""
        return Literal(self.content[start:end])


Piece = HeadRange | ModelRange | Literal


@dataclass(frozen=True, slots=True)
class UploadPart:
    """A part that is sent (UploadPart): its pieces one after another."""

    number: int
    pieces: tuple[Piece, ...]

    @property
    def size_bytes(self) -> int:
        """How many bytes the part has."""
        return size_of(self.pieces)


@dataclass(frozen=True, slots=True)
class CopyPart:
    """A part that S3 copies (UploadPartCopy): the model's bytes from `start` up to `end`."""

    number: int
    start: int
    end: int

    @property
    def size_bytes(self) -> int:
        """How many bytes the part has."""
        return self.end - self.start

    @property
    def copy_source_range(self) -> str:
        """The range as UploadPartCopy takes it, which counts the last byte in.

        >>> CopyPart(2, 5_242_880, 10_485_760).copy_source_range
        'bytes=5242880-10485759'
        """
        return _inclusive(self.start, self.end)


Part = UploadPart | CopyPart


@dataclass(frozen=True, slots=True)
class SplicePlan:
    """A package as parts of one multipart upload, in the order of their numbers, from 1 on.

    `head_size_bytes` and `head_digest` are those of the head that the trailer was computed for; `size_bytes` is the
    package's.
    """

    model: S3Model
    parts: tuple[Part, ...]
    size_bytes: int
    head_size_bytes: int
    head_digest: str

    @property
    def moved_bytes(self) -> int:
        """How many of the model's bytes go through the client."""
        pieces = (piece for part in self.parts if isinstance(part, UploadPart) for piece in part.pieces)
        return sum(piece.size_bytes for piece in pieces if isinstance(piece, ModelRange))


def size_of(pieces: Iterable[Piece]) -> int:
    """How many bytes the pieces are."""
    return sum(piece.size_bytes for piece in pieces)


def _inclusive(start: int, end: int) -> str:
    return f"bytes={start}-{end - 1}"


RULES = (
    Rule(
        "AWS001",
        "An S3 object without a version and an ETag",
        "Without either, Stepsmith cannot tell whether the object was replaced between the check and the copy.",
        About.AWS,
        "Pass the `VersionId` or the ETag under which the object was read.",
    ),
)
