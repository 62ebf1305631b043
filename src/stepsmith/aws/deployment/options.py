"""What a user may ask of a deploy, and whether the services take it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from stepsmith.aws.s3.objects import S3Options
from stepsmith.diagnostics import About, AwsError, Faults, Rule

if TYPE_CHECKING:
    from stepsmith.aws.client import Account, Identity

Tags: TypeAlias = tuple[tuple[str, str], ...]
# Source of the characters: the shape RoleArn in botocore's sagemaker/2017-07-24 service model.
_ROLE = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-/]+")
ACCOUNT = re.compile(r"\d{12}")
# An object takes 10 tags (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html); lengths and
# characters are those of the shapes TagKey and TagValue of sagemaker, which are S3's too.
_MOST_TAGS, _KEY_CHARACTERS, _VALUE_CHARACTERS = 10, 128, 256


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """What a user may ask of a deploy beside what the pipeline says.

    `name` and `role` stand in place of the pipeline's own. `tags` go to the pipeline, to a group that is made, and
    to each object that is uploaded. `parallelism` is how many steps of an execution may run at once.
    """

    name: str | None = None
    role: str | None = None
    tags: Tags = ()
    parallelism: int | None = None
    creates_groups: bool = True
    kms_key: str | None = None
    bucket_owner: str | None = None
    requester_pays: bool = False

    @property
    def s3(self) -> S3Options:
        """What of it every request to S3 takes."""
        return S3Options(self.kms_key, self.tags, self.bucket_owner, self.requester_pays)


def check_role(account: Account, role: str) -> None:
    """Raises: AwsError when it is no ARN of a role, or of another partition than the account's region."""
    match = _ROLE.fullmatch(role)
    if match is None:
        message = (
            f"{role!r} is no ARN of a role" if role else "no role is named for SageMaker to execute the pipeline as"
        )
        fix = "write --role arn:aws:iam::ACCOUNT:role/NAME, or `role` in pipeline.yaml"
        raise AwsError("AWS032", message, fix=fix)
    if match["partition"] != account.partition:
        message = f"the role is of partition {match['partition']}, and {account.region} of {account.partition}"
        raise AwsError("AWS032", message, fix="name a role of the partition that the region is in")


def check_account(role: str, identity: Identity) -> None:
    """Raises: AwsError when the role is another account's, which SageMaker cannot be handed."""
    owner = role.split(":")[4]
    if owner != identity.account:
        message = f"the role is of account {owner}, and one deploys to account {identity.account}"
        raise AwsError("AWS032", message, fix="name a role of that account, or use its credentials")


def check_options(options: DeployOptions) -> None:
    """Raises: AwsError when an option is none that the services take; all faults together."""
    faults = Faults()
    for name in ("name", "role", "kms_key", "bucket_owner"):
        with faults.collect():
            if getattr(options, name) == "":
                message = f"{name.replace('_', ' ')} is empty"
                raise AwsError("AWS038", message, fix="give it a value, or leave it out")
    with faults.collect():
        if options.bucket_owner and not ACCOUNT.fullmatch(options.bucket_owner):
            raise AwsError("AWS038", f"{options.bucket_owner!r} is no account", fix="write its 12 digits")
    for key, value in options.tags:
        with faults.collect():
            _check_tag(key, value)
    with faults.collect():
        if len(options.tags) > _MOST_TAGS:
            raise AwsError(
                "AWS038", f"there are {len(options.tags)} tags", fix=f"give at most {_MOST_TAGS}, as S3 takes"
            )
    faults.raise_if_any()


def _check_tag(key: str, value: str) -> None:
    is_ours = not key.lower().startswith("aws:")
    if not (is_ours and 1 <= len(key) <= _KEY_CHARACTERS and len(value) <= _VALUE_CHARACTERS):
        fix = f"use at most {_KEY_CHARACTERS} characters for a key and {_VALUE_CHARACTERS} for a value, and no aws:"
        raise AwsError("AWS038", f"the tag {key}={value} is none that AWS takes", fix=fix)
    wrong = [one for one in key + value if not (one.isalnum() or one.isspace() or one in "_.:/=+-@")]
    if wrong:
        message = f"the tag {key}={value} has {wrong[0]!r} in it"
        raise AwsError("AWS038", message, fix="use letters, digits, spaces and _ . : / = + - @")


RULES = (
    Rule(
        "AWS032",
        "An unusable execution role",
        "SageMaker runs the pipeline with this role, so it must be an ARN of a role in the same account and partition.",
        About.AWS,
        "Set `--role arn:aws:iam::ACCOUNT:role/NAME`, or `role` in pipeline.yaml, with a role of the account "
        "that you deploy to.",
    ),
    Rule(
        "AWS038",
        "An invalid deploy option",
        "AWS would refuse the name, role, key, account ID or tag.",
        About.AWS,
        "Correct the option that the message names, or omit it.",
    ),
)
