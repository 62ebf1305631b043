"""The least that IAM has to allow: to whoever deploys a pipeline, and to the role that executes it.

Computed from the definition alone: no account is asked. What only an execution knows is told in `open_ends`.
Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html,
https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, and for actions and ARNs
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.aws.client import partition_of
from stepsmith.aws.groups import groups_of, open_groups
from stepsmith.aws.reaches import Reaches, reaches_of
from stepsmith.definition.assets import RemoteSource
from stepsmith.definition.locations import bucket_and_key
from stepsmith.definition.model import all_steps
from stepsmith.definition.parse import parse
from stepsmith.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stepsmith.definition.assets import Compiled

_VERSION = "2012-10-17"
_ANY = "*"
_ROLE = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):role/.+")
# An image of Amazon ECR. Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.[a-z.-]+/(?P<name>[^:@]+)([:@].*)?"
)
_JOB_ACTIONS = ("Create{0}", "Describe{0}", "Stop{0}")
# The jobs and objects that a step of a type becomes: the actions on it, and the resource that its ARN is of.
# Source: the service authorization reference, as above.
_OF_TYPE: Mapping[str, tuple[tuple[str, ...], str]] = {
    "Processing": (tuple(one.format("ProcessingJob") for one in _JOB_ACTIONS), "processing-job"),
    "QualityCheck": (tuple(one.format("ProcessingJob") for one in _JOB_ACTIONS), "processing-job"),
    "ClarifyCheck": (tuple(one.format("ProcessingJob") for one in _JOB_ACTIONS), "processing-job"),
    "Training": (tuple(one.format("TrainingJob") for one in _JOB_ACTIONS), "training-job"),
    "Transform": (tuple(one.format("TransformJob") for one in _JOB_ACTIONS), "transform-job"),
    "Tuning": (tuple(one.format("HyperParameterTuningJob") for one in _JOB_ACTIONS), "hyper-parameter-tuning-job"),
    "AutoML": (("CreateAutoMLJob", "DescribeAutoMLJob", "StopAutoMLJob"), "automl-job"),
    "Model": (("CreateModel", "DescribeModel"), "model"),
}
_WITHOUT = ("Condition", "Fail", "ForEach", "RegisterModel")
_LOGGED = ("Processing", "QualityCheck", "ClarifyCheck", "Training", "Transform", "Tuning", "AutoML")


@dataclass(frozen=True, slots=True)
class Policies:
    """Three documents of IAM: `deploy` for who deploys and starts, `execution` for the role, `trust` for who takes it.

    `open_ends` says, a sentence each, what could not be known, and has to be added by hand.
    """

    deploy: dict[str, Any]
    execution: dict[str, Any]
    trust: dict[str, Any]
    open_ends: tuple[str, ...] = ()


def policies_of(
    compiled: Compiled,
    *,
    name: str | None = None,
    account: str | None = None,
    region: str | None = None,
    role: str | None = None,
    kms_key: str | None = None,
    has_tags: bool = False,
) -> Policies:
    """The policies for a pipeline; `account` is that of its role unless it is given, or else stays open.

    `name` and `role` stand in place of the pipeline's own; `kms_key` is the ARN of the key that uploads are encrypted
    by, and `has_tags` whether what is made is tagged. Raises: AwsError when no region is known.
    """
    where = _region(compiled, region)
    named_role = role or compiled.role
    found = _ROLE.fullmatch(named_role)
    if named_role and (found is None or found["partition"] != partition_of(where)):
        what = f"{named_role!r} is no ARN of a role in partition {partition_of(where)}"
        raise AwsError("AWS032", what, fix="write --role arn:aws:iam::ACCOUNT:role/NAME, or `role` in pipeline.yaml")
    owner = account or (found["account"] if found else _ANY)
    place = _Place(
        partition_of(where), where, owner, named_role or f"arn:{partition_of(where)}:iam::{owner}:role/{_ANY}"
    )
    definition = parse(compiled.definition)
    reaches = reaches_of(definition, compiled.location)
    groups = groups_of(definition)
    types = sorted({step.type for step in all_steps(definition.steps)})
    open_ends = list(reaches.open_ends)
    if owner == _ANY:
        open_ends.append("no account is known: ARNs hold for any; name it with --account, or a role")
    if not named_role:
        open_ends.append("no role is known: any of the account may be passed; name it with --role")
    open_ends += [
        f"what a step of type {one} needs is not known here: see its documentation"
        for one in types
        if one not in _OF_TYPE and one not in _WITHOUT
    ]
    open_ends += [f"the group is the parameter {one}: allow what it may be" for one in open_groups(definition)]
    open_ends += [
        f"{one} is no image of Amazon ECR by its usual name: allow it to be pulled"
        for one in sorted(reaches.images)
        if not _IMAGE.fullmatch(one)
    ]
    roles = sorted({place.role, *reaches.roles})
    deploy = [
        *_uploads(compiled, place, kms_key, has_tags=has_tags),
        *_pipeline(name or compiled.name, groups, place, has_tags=has_tags),
    ]
    execution = [
        *_jobs(types, groups, place),
        _pass_role(roles),
        *_data(reaches, place),
        *_keys("UseKeys", reaches.keys, ["kms:Encrypt", "kms:DescribeKey"], place),
        *_keys("ReadUploads", [kms_key] if kms_key else [], [], place, reads_only=True),
        *_images(reaches, place),
        *_around(types, place),
        *(_vpc() if reaches.in_vpc else ()),
    ]
    return Policies(_document(deploy), _document(execution), _trust(owner), tuple(dict.fromkeys(open_ends)))


def _region(compiled: Compiled, region: str | None) -> str:
    where = region or compiled.region
    if not where:
        raise AwsError("AWS011", "no region is named", fix="name one: --region, or `region` in pipeline.yaml")
    if compiled.region and where != compiled.region:
        what = f"the pipeline is of region {compiled.region}, and the policy would be of {where}"
        raise AwsError("AWS031", what, fix="leave --region out, or change `region` in the pipeline")
    return where


@dataclass(frozen=True, slots=True)
class _Place:
    partition: str
    region: str
    account: str
    role: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def s3(self, resource: str) -> str:
        return f"arn:{self.partition}:s3:::{resource}"


def _document(statements: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"Version": _VERSION, "Statement": list(statements)}


def _statement(
    sid: str, actions: Sequence[str], resources: Iterable[str] | str, **conditions: Mapping[str, Any]
) -> dict[str, Any]:
    resource = resources if isinstance(resources, str) else sorted(set(resources))
    condition = {"Condition": conditions} if conditions else {}
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource, **condition}


def _trust(account: str) -> dict[str, Any]:
    """Who may take the role: SageMaker, and where the account is known on behalf of that account alone."""
    service = {"Service": "sagemaker.amazonaws.com"}
    condition = {"StringEquals": {"aws:SourceAccount": account}}
    known = {"Condition": condition} if account != _ANY else {}
    return _document([{"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole", **known}])


def _uploads(compiled: Compiled, place: _Place, kms_key: str | None, *, has_tags: bool) -> Iterator[dict[str, Any]]:
    """What uploading needs, and reading what is on S3 already."""
    folders = [compiled.location] if compiled.location else [asset.uri for asset in compiled.assets]
    patterns = [f"{'/'.join(found).rstrip('/')}/*" for folder in folders if (found := bucket_and_key(folder))]
    if patterns:
        yield from _finding(patterns, place)
        buckets = [place.s3(one.partition("/")[0]) for one in patterns]
        yield _statement("LookAtBuckets", ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], buckets)
        actions = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        tagging = ["s3:PutObjectTagging"] if has_tags else []
        yield _statement("Upload", [*actions, *tagging], [place.s3(one) for one in patterns])
    sources = {
        item.source.uri for asset in compiled.assets for item in asset.objects if isinstance(item.source, RemoteSource)
    }
    if sources:
        objects = [place.s3("/".join(found)) for uri in sources if (found := bucket_and_key(uri))]
        yield _statement("CopyModels", ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging"], objects)
    yield from _keys("Encrypt", [kms_key] if kms_key else [], [], place)


def _finding(patterns: Iterable[str], place: _Place) -> Iterator[dict[str, Any]]:
    """What listing the objects of some patterns (`bucket/key*`) needs, a statement a bucket."""
    keys: dict[str, set[str]] = {}
    for pattern in patterns:
        bucket, _, key = pattern.partition("/")
        keys.setdefault(bucket, set()).add(key)
    for number, bucket in enumerate(sorted(keys), 1):
        prefixes = {"s3:prefix": sorted(keys[bucket])}
        yield _statement(f"List{number}", ["s3:ListBucket"], place.s3(bucket), StringLike=prefixes)


def _pipeline(name: str, groups: Sequence[str], place: _Place, *, has_tags: bool) -> Iterator[dict[str, Any]]:
    """What writing the pipeline needs, and starting and watching it."""
    # The service writes a pipeline's name in lower case into its ARN.
    pipeline = place.arn("sagemaker", f"pipeline/{name.lower()}")
    named = f"pipeline/{name}"
    pipelines = {pipeline, place.arn("sagemaker", named)}
    written = [
        "DescribePipeline",
        "CreatePipeline",
        "UpdatePipeline",
        "StartPipelineExecution",
        "ListPipelineExecutions",
    ]
    tagging = ["ListTags", "AddTags"] if has_tags else []
    yield _statement("WritePipeline", _sagemaker([*written, *tagging]), pipelines)
    watched = [
        "DescribePipelineExecution",
        "ListPipelineExecutionSteps",
        "StopPipelineExecution",
        "RetryPipelineExecution",
    ]
    executions = [f"{one}/execution/*" for one in pipelines]
    yield _statement("WatchExecutions", _sagemaker(watched), executions)
    yield _statement("ListAll", _sagemaker(["ListPipelines", "ListModelPackageGroups"]), _ANY)
    if groups:
        arns = [place.arn("sagemaker", f"model-package-group/{name}") for name in _spellings(groups)]
        made = ["CreateModelPackageGroup", *(["AddTags"] if has_tags else [])]
        yield _statement("MakeGroups", _sagemaker(made), arns)
    yield _pass_role([place.role])
    yield _statement("ReadLogs", ["logs:DescribeLogStreams", "logs:GetLogEvents"], _log_groups(place))


def _jobs(types: Sequence[str], groups: Sequence[str], place: _Place) -> Iterator[dict[str, Any]]:
    """What making the jobs of the steps needs, and registering."""
    for one in types:
        if one in _OF_TYPE:
            actions, resource = _OF_TYPE[one]
            # Pipelines tags each job with its execution.
            tagged = [*actions, "AddTags"]
            yield _statement(f"Run{one}", _sagemaker(tagged), place.arn("sagemaker", f"{resource}/*"))
    if "RegisterModel" in types:
        yield from _registration(groups, place)


def _registration(groups: Sequence[str], place: _Place) -> Iterator[dict[str, Any]]:
    names = _spellings(groups) or [_ANY]
    arns = [place.arn("sagemaker", f"model-package-group/{name}") for name in names]
    versions = [place.arn("sagemaker", f"model-package/{name}/*") for name in names]
    actions = ["CreateModelPackage", "DescribeModelPackage", "CreateModelPackageGroup", "DescribeModelPackageGroup"]
    yield _statement("Register", _sagemaker([*actions, "AddTags"]), [*arns, *versions])


def _spellings(names: Iterable[str]) -> list[str]:
    """Names as they are, and as the service has written them into ARNs: in lower case."""
    return sorted({spelling for name in names for spelling in (name, name.lower())})


def _data(reaches: Reaches, place: _Place) -> Iterator[dict[str, Any]]:
    """What reading and writing the steps' objects needs."""
    both = sorted({*reaches.reads, *reaches.writes})
    if both:
        yield _statement("ReadObjects", ["s3:GetObject"], [place.s3(one) for one in both])
        yield from _finding(both, place)
    if reaches.writes:
        written = [place.s3(one) for one in reaches.writes]
        yield _statement("WriteObjects", ["s3:PutObject", "s3:AbortMultipartUpload"], written)


def _keys(
    sid: str, keys: Iterable[str], more: Sequence[str], place: _Place, *, reads_only: bool = False
) -> Iterator[dict[str, Any]]:
    """What using keys of KMS needs; a key that is named by an alias is allowed by that."""
    actions = ["kms:Decrypt"] if reads_only else ["kms:GenerateDataKey", "kms:Decrypt", *more]
    aliases = sorted(key.rpartition("alias/")[2] for key in keys if "alias/" in key)
    named = [key for key in keys if "alias/" not in key]
    if named:
        arns = [key if key.startswith("arn:") else place.arn("kms", f"key/{key}") for key in named]
        yield _statement(sid, actions, arns)
    if aliases:
        condition = {"kms:ResourceAliases": [f"alias/{alias}" for alias in aliases]}
        condition_of = {"ForAnyValue:StringEquals": condition}
        yield _statement(f"{sid}ByAlias", actions, place.arn("kms", "key/*"), **condition_of)
    if more and (named or aliases):
        # Volumes are encrypted for a job by a grant that the service is given.
        granting = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        yield _statement(f"{sid}ByGrant", ["kms:CreateGrant"], place.arn("kms", "key/*"), **granting)


def _vpc() -> Iterator[dict[str, Any]]:
    """What a job in a VPC needs.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    actions = [
        "CreateNetworkInterface", "CreateNetworkInterfacePermission", "DeleteNetworkInterface",
        "DeleteNetworkInterfacePermission", "DescribeDhcpOptions", "DescribeNetworkInterfaces",
        "DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs",
    ]  # fmt: skip
    yield _statement("JoinVpc", [f"ec2:{action}" for action in actions], _ANY)


def _images(reaches: Reaches, place: _Place) -> Iterator[dict[str, Any]]:
    """What pulling the steps' images needs."""
    found = [image for uri in reaches.images if (image := _IMAGE.fullmatch(uri))]
    if not found:
        return
    arns = [
        f"arn:{place.partition}:ecr:{image['region']}:{image['account']}:repository/{image['name']}" for image in found
    ]
    pulled = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    yield _statement("PullImages", pulled, arns)
    yield _statement("LogInToImages", ["ecr:GetAuthorizationToken"], _ANY)


def _around(types: Sequence[str], place: _Place) -> Iterator[dict[str, Any]]:
    """What a job needs beside its data: its log, and its metrics."""
    if not set(types) & set(_LOGGED):
        return
    logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    yield _statement("WriteLogs", logs, _log_groups(place))
    namespaces = {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker*"]}
    yield _statement("WriteMetrics", ["cloudwatch:PutMetricData"], _ANY, StringLike=namespaces)


def _log_groups(place: _Place) -> str:
    return place.arn("logs", "log-group:/aws/sagemaker/*")


def _pass_role(roles: Iterable[str]) -> dict[str, Any]:
    condition = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    return _statement("PassRole", ["iam:PassRole"], roles, StringEquals=condition)


def _sagemaker(actions: Iterable[str]) -> list[str]:
    return [f"sagemaker:{action}" for action in actions]
