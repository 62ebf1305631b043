"""Objects on S3: the requests that a deploy makes, with what each of them takes of the user's options.

Whether an implementation of S3 has what is built upon is seen from its answers; what it lacks is worked round and said.
"""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError

from stepsmith.aws.client import is_of_aws
from stepsmith.aws.errors import ABSENT, service_error_code, translate_errors
from stepsmith.aws.s3.splice_parts import S3Model
from stepsmith.diagnostics import About, AwsError, Rule
from stepsmith.sagemaker.identifiers import bucket_and_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stepsmith.aws.client import Account

NO_CHECKSUMS = "this S3 keeps no checksums: what it received is compared by MD5, and read back where it says none"
# What GetBucketLocation answers of a bucket in the first region, and of one that was made under a region's old name.
_NO_LOCATION = "us-east-1"
_OLD_LOCATIONS = {"EU": "eu-west-1"}
# Under which an object's own metadata has the SHA-256 that it was sent with.
DIGEST_METADATA = "stepsmith-sha256"


@dataclass(frozen=True, slots=True)
class S3Options:
    """What a user may ask of every request: a KMS key, tags, the owner that a bucket must have, and who pays."""

    kms_key: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    bucket_owner: str | None = None
    requester_pays: bool = False

    @property
    def common_args(self) -> dict[str, str]:
        """What every request takes."""
        owner = {"ExpectedBucketOwner": self.bucket_owner} if self.bucket_owner else {}
        return {**owner, **({"RequestPayer": "requester"} if self.requester_pays else {})}

    @property
    def read_args(self) -> dict[str, str]:
        """What a request takes that reads an object of anybody's: its bucket may be another owner's."""
        return {"RequestPayer": "requester"} if self.requester_pays else {}

    @property
    def is_special(self) -> bool:
        """Whether objects are made otherwise than of themselves: with a key, or with tags."""
        return bool(self.kms_key or self.tags)

    @property
    def write_args(self) -> dict[str, str]:
        """What a request takes that makes an object.

        >>> S3Options(kms_key="alias/models", tags=(("team", "risk & co"),)).write_args
        {'ServerSideEncryption': 'aws:kms', 'SSEKMSKeyId': 'alias/models', 'Tagging': 'team=risk+%26+co'}
        """
        key = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key} if self.kms_key else {}
        tagging = {"Tagging": urlencode(self.tags)} if self.tags else {}
        return {**key, **tagging, **self.common_args}


@dataclass
class Objects:
    """S3, as one account in one region sees it, with the user's options.

    An implementation that is not Amazon's may keep no checksums: `keeps_checksums` is None until that is known. `say`
    gets a line if it keeps none, once.
    """

    account: Account
    options: S3Options = field(default_factory=S3Options)
    say: Callable[[str], None] = lambda _: None
    keeps_checksums: bool | None = None
    _warnings_given: set[str] = field(default_factory=set)
    _regions: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def client(self) -> Any:
        """The client of S3."""
        return self.account.client("s3")

    @property
    def is_of_aws(self) -> bool:
        """Whether this is Amazon's S3, which has all that is built upon."""
        return is_of_aws(self.client)

    def warn_unsupported(self, what: str) -> None:
        """Says what this implementation lacks, unless it was said."""
        with self._lock:
            is_new = what not in self._warnings_given
            self._warnings_given.add(what)
        if is_new:
            self.say(what)

    def sizes_below(self, folder: str) -> dict[str, int]:
        """The size in bytes of each object of which the key begins with a folder's, by its URI.

        Raises: AwsError when the bucket is not there, is not to be seen, or is in another region.
        """
        bucket, key = bucket_and_key_of(folder)
        sizes: dict[str, int] = {}
        self._refuse_another_region(bucket)
        with translate_errors(f"s3://{bucket} cannot be listed"):
            more: dict[str, str] = {}
            while True:
                answer = self.client.list_objects_v2(Bucket=bucket, Prefix=key, **self.options.common_args, **more)
                for summary in answer.get("Contents", ()):
                    sizes[f"s3://{bucket}/{summary['Key']}"] = summary["Size"]
                if not answer.get("IsTruncated"):
                    return sizes
                more = {"ContinuationToken": answer["NextContinuationToken"]}

    def find_object(self, uri: str) -> S3Model | None:
        """The object at a URI, pinned by its version or its ETag; None where there is none.

        Raises: AwsError when it is not to be seen.
        """
        return self.describe_object(uri)[0]

    def describe_object(self, uri: str) -> tuple[S3Model | None, str | None]:
        """The same, with its SHA-256 where S3 knows it, or the object's own metadata says it.

        Raises: AwsError when it is not to be seen.
        """
        bucket, key = bucket_and_key_of(uri, needs_key=True)
        try:
            with translate_errors(f"{uri} cannot be looked at"):
                answer = self.head(bucket, key)
        except AwsError as error:
            if service_error_code(error) in ABSENT:
                return None, None
            raise
        model = S3Model(bucket, key, answer["ContentLength"], answer.get("VersionId"), answer.get("ETag"))
        return model, _digest_in(answer)

    def head(self, bucket: str, key: str) -> Mapping[str, Any]:
        """What HEAD answers, with the checksum where there is one."""
        answer: Mapping[str, Any] = self.client.head_object(
            Bucket=bucket, Key=key, ChecksumMode="ENABLED", **self.options.read_args
        )
        return answer

    def object_exists(self, uri: str) -> bool:
        """Whether there is an object of exactly this URI; asked of a listing, which says so to who may not see all.

        Raises: AwsError when the bucket is not there, or is not to be seen.
        """
        return self.first_from(uri) == uri

    def first_from(self, uri: str) -> str | None:
        """The first object whose key begins with that of a URI, which is that object itself where there is one.

        The bucket may be anybody's. Raises: AwsError when it is not there, is not to be seen, or is in another region.
        """
        bucket, key = bucket_and_key_of(uri)
        self._refuse_another_region(bucket, is_own=False)
        with translate_errors(f"s3://{bucket} cannot be listed"):
            answer = self.client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1, **self.options.read_args)
        contents = answer.get("Contents")
        return f"s3://{bucket}/{contents[0]['Key']}" if contents else None

    def _refuse_another_region(self, bucket: str, *, is_own: bool = True) -> None:
        """SageMaker's jobs read buckets of their own region only; boto3 would follow to another without a word."""
        if bucket in self._regions:
            return
        region = self._region_of(bucket, is_own=is_own)
        if region not in (None, self.account.region):
            what = f"s3://{bucket} is in {region}, and the pipeline in {self.account.region}"
            raise AwsError("AWS016", what, fix="use a bucket of the pipeline's region, or deploy it in the bucket's")
        self._regions.add(bucket)

    def _region_of(self, bucket: str, *, is_own: bool) -> str | None:
        """The region of a bucket, or None where nobody says it: another implementation, or who may not ask.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
        """
        owner_account = self.options.bucket_owner if is_own else None
        owner = {"ExpectedBucketOwner": owner_account} if owner_account else {}
        try:
            answer = self.client.get_bucket_location(Bucket=bucket, **owner)
        except (ClientError, BotoCoreError):
            return None  # what is wrong, the listing that follows says
        region: str | None = answer.get("LocationConstraint") or (_NO_LOCATION if self.is_of_aws else None)
        return _OLD_LOCATIONS.get(region or "", region)


def bucket_and_key_of(uri: str, *, needs_key: bool = False) -> tuple[str, str]:
    """The bucket and the key of an S3 URI.

    Raises: AwsError when it is none, or has no key where one is needed.
    """
    location = bucket_and_key(uri)
    if location is None or (needs_key and not location[1]):
        what = "is no S3 URI" if location is None else "names a bucket and no object"
        raise AwsError("AWS020", f"{uri!r} {what}", fix="write s3://bucket/key")
    return location


def _digest_in(answer: Mapping[str, Any]) -> str | None:
    """The SHA-256 of an object, in hexadecimal, as far as HEAD answers it."""
    checksum = answer.get("ChecksumSHA256")
    # One of parts' checksums has a hyphen, and their number.
    if checksum and "-" not in checksum:
        return base64.b64decode(checksum).hex()
    digest: str | None = answer.get("Metadata", {}).get(DIGEST_METADATA)
    return digest


def base64_of(digest: str) -> str:
    """A digest in hexadecimal as S3 takes it.

    >>> base64_of("00ff")
    'AP8='
    """
    return base64.b64encode(bytes.fromhex(digest)).decode()


def crc32_base64(crc: int) -> str:
    """A CRC-32 as S3 takes it: the four bytes, the highest first, in base64."""
    return base64.b64encode(crc.to_bytes(4, "big")).decode()


RULES = (
    Rule(
        "AWS020",
        "An invalid S3 URI",
        "The value is not an S3 URI, or it has no key where an object is needed.",
        About.AWS,
        "Write `s3://bucket/key`.",
    ),
)
