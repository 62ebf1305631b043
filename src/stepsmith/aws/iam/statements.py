"""Statements of IAM: what each thing that a pipeline does has to be allowed.

Sources: those of `policy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.definition.assets import RemoteSource
from stepsmith.sagemaker.identifiers import ECR_IMAGE, bucket_and_key
from stepsmith.sagemaker.step_types import step_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stepsmith.aws.iam.resource_access import ResourceAccess
    from stepsmith.definition.assets import Compiled

ANY = "*"


@dataclass(frozen=True, slots=True)
class ArnScope:
    """Where a pipeline is, and the ARN of its role; the account may be `*`, any."""

    partition: str
    region: str
    account: str
    role: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of a service, in this region and account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def s3(self, resource: str) -> str:
        """The ARN of a bucket, or of a pattern of objects (`bucket/key*`)."""
        return f"arn:{self.partition}:s3:::{resource}"


def _statement(
    sid: str, actions: Sequence[str], resources: Iterable[str] | str, **conditions: Mapping[str, Any]
) -> dict[str, Any]:
    resource = resources if isinstance(resources, str) else sorted(set(resources))
    condition = {"Condition": conditions} if conditions else {}
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource, **condition}


def upload_statements(
    compiled: Compiled, scope: ArnScope, kms_key: str | None, *, has_tags: bool
) -> Iterator[dict[str, Any]]:
    """What uploading needs, and reading what is on S3 already."""
    # A step may have a place of its own; what stands above an asset's digest is the same for each deploy.
    elsewhere = [
        asset.uri.rstrip("/").rpartition("/")[0] for asset in compiled.assets if not _is_below(asset.uri, compiled)
    ]
    folders = [*([compiled.location] if compiled.location else []), *elsewhere]
    locations = [location for folder in folders if (location := bucket_and_key(folder))]
    patterns = sorted({f"{'/'.join(location).rstrip('/')}/*" for location in locations})
    if patterns:
        yield from _list_statements(patterns, scope)
        buckets = [scope.s3(pattern.partition("/")[0]) for pattern in patterns]
        yield _statement("LookAtBuckets", ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], buckets)
        actions = [
            "s3:PutObject", "s3:GetObject", "s3:GetObjectVersion", "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
        ]  # fmt: skip
        tagging = ["s3:PutObjectTagging"] if has_tags else []
        yield _statement("Upload", [*actions, *tagging], [scope.s3(pattern) for pattern in patterns])
    sources = remote_source_uris(compiled)
    if sources:
        objects = [scope.s3("/".join(location)) for uri in sources if (location := bucket_and_key(uri))]
        yield _statement("CopyModels", ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging"], objects)
    yield from kms_statements("Encrypt", [kms_key] if kms_key else [], [], scope)


def remote_source_uris(compiled: Compiled) -> list[str]:
    """The S3 URIs of the models that are on S3 already, and that a deploy copies."""
    sources = [item.source for asset in compiled.assets for item in asset.objects]
    return [source.uri for source in sources if isinstance(source, RemoteSource)]


def _is_below(uri: str, compiled: Compiled) -> bool:
    return bool(compiled.location) and uri.startswith(f"{compiled.location.rstrip('/')}/")


def lookup_statements(uris: Iterable[str], scope: ArnScope) -> Iterator[dict[str, Any]]:
    """What looking for objects of others needs, which a deploy does to tell whether they are there."""
    patterns = sorted({"/".join(location) for uri in uris if (location := bucket_and_key(uri))})
    yield from _list_statements([f"{pattern}*" for pattern in patterns], scope, "LookAt")
    if patterns:
        buckets = [scope.s3(pattern.partition("/")[0]) for pattern in patterns]
        yield _statement("LookWhereBucketsAre", ["s3:GetBucketLocation"], buckets)


def _list_statements(patterns: Iterable[str], scope: ArnScope, sid: str = "List") -> Iterator[dict[str, Any]]:
    """What listing the objects of some patterns (`bucket/key*`) needs, a statement a bucket."""
    keys: dict[str, set[str]] = {}
    for pattern in patterns:
        bucket, _, key = pattern.partition("/")
        keys.setdefault(bucket, set()).add(key)
    for number, bucket in enumerate(sorted(keys), 1):
        prefixes = {"s3:prefix": sorted(keys[bucket])}
        yield _statement(f"{sid}{number}", ["s3:ListBucket"], scope.s3(bucket), StringLike=prefixes)


def pipeline_statements(
    name: str, groups: Sequence[str], scope: ArnScope, *, has_tags: bool
) -> Iterator[dict[str, Any]]:
    """What writing the pipeline needs, and starting and watching it."""
    # The service writes a pipeline's name in lower case into its ARN.
    pipeline = scope.arn("sagemaker", f"pipeline/{name.lower()}")
    pipelines = {pipeline, scope.arn("sagemaker", f"pipeline/{name}")}
    actions = [
        "DescribePipeline",
        "CreatePipeline",
        "UpdatePipeline",
        "StartPipelineExecution",
        "ListPipelineExecutions",
    ]
    tagging = ["ListTags", "AddTags"] if has_tags else []
    yield _statement("WritePipeline", _sagemaker([*actions, *tagging]), pipelines)
    watched = [
        "DescribePipelineExecution",
        "ListPipelineExecutionSteps",
        "StopPipelineExecution",
        "RetryPipelineExecution",
    ]
    executions = [f"{arn}/execution/*" for arn in pipelines]
    yield _statement("WatchExecutions", _sagemaker(watched), executions)
    yield _statement("ListAll", _sagemaker(["ListPipelines", "ListModelPackageGroups"]), ANY)
    if groups:
        arns = [scope.arn("sagemaker", f"model-package-group/{name}") for name in _spellings(groups)]
        actions = ["CreateModelPackageGroup", *(["AddTags"] if has_tags else [])]
        yield _statement("MakeGroups", _sagemaker(actions), arns)
    yield pass_role_statement([scope.role])
    yield _statement("ReadLogs", ["logs:DescribeLogStreams", "logs:GetLogEvents"], _log_groups(scope))


def job_statements(types: Sequence[str], groups: Sequence[str], scope: ArnScope) -> Iterator[dict[str, Any]]:
    """What making the jobs of the steps needs, and registering."""
    known_types = {name: known for name in types if (known := step_type(name))}
    for name, known in known_types.items():
        if known.resource and known.resource.actions:
            # Pipelines tags each job with its execution.
            tagged = [*known.resource.actions, "AddTags"]
            yield _statement(f"Run{name}", _sagemaker(tagged), scope.arn("sagemaker", f"{known.resource.arn_type}/*"))
    if any(known.registers_model for known in known_types.values()):
        yield from _registration(groups, scope)


def _registration(groups: Sequence[str], scope: ArnScope) -> Iterator[dict[str, Any]]:
    names = _spellings(groups) or [ANY]
    arns = [scope.arn("sagemaker", f"model-package-group/{name}") for name in names]
    versions = [scope.arn("sagemaker", f"model-package/{name}/*") for name in names]
    actions = ["CreateModelPackage", "DescribeModelPackage", "CreateModelPackageGroup", "DescribeModelPackageGroup"]
    yield _statement("Register", _sagemaker([*actions, "AddTags"]), [*arns, *versions])


def _spellings(names: Iterable[str]) -> list[str]:
    """Names as they are, and as the service has written them into ARNs: in lower case."""
    return sorted({spelling for name in names for spelling in (name, name.lower())})


def data_statements(access: ResourceAccess, scope: ArnScope) -> Iterator[dict[str, Any]]:
    """What reading and writing the steps' objects needs."""
    both = sorted({*access.reads, *access.writes})
    if both:
        yield _statement("ReadObjects", ["s3:GetObject"], [scope.s3(pattern) for pattern in both])
        yield from _list_statements(both, scope)
    if access.writes:
        arns = [scope.s3(pattern) for pattern in access.writes]
        yield _statement("WriteObjects", ["s3:PutObject", "s3:AbortMultipartUpload"], arns)


def kms_statements(
    sid: str, keys: Iterable[str], more: Sequence[str], scope: ArnScope, *, reads_only: bool = False
) -> Iterator[dict[str, Any]]:
    """What using keys of KMS needs; a key that is named by an alias is allowed by that."""
    actions = ["kms:Decrypt"] if reads_only else ["kms:GenerateDataKey", "kms:Decrypt", *more]
    aliases = sorted(key.rpartition("alias/")[2] for key in keys if "alias/" in key)
    key_ids = [key for key in keys if "alias/" not in key]
    if key_ids:
        arns = [key if key.startswith("arn:") else scope.arn("kms", f"key/{key}") for key in key_ids]
        yield _statement(sid, actions, arns)
    if aliases:
        condition = {"kms:ResourceAliases": [f"alias/{alias}" for alias in aliases]}
        condition_of = {"ForAnyValue:StringEquals": condition}
        yield _statement(f"{sid}ByAlias", actions, scope.arn("kms", "key/*"), **condition_of)
    if more and (key_ids or aliases):
        # Volumes are encrypted for a job by a grant that the service is given.
        granting = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        yield _statement(f"{sid}ByGrant", ["kms:CreateGrant"], scope.arn("kms", "key/*"), **granting)


def vpc_statements() -> Iterator[dict[str, Any]]:
    """What a job in a VPC needs.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    actions = [
        "CreateNetworkInterface", "CreateNetworkInterfacePermission", "DeleteNetworkInterface",
        "DeleteNetworkInterfacePermission", "DescribeDhcpOptions", "DescribeNetworkInterfaces",
        "DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs",
    ]  # fmt: skip
    yield _statement("JoinVpc", [f"ec2:{action}" for action in actions], ANY)


def image_statements(access: ResourceAccess, scope: ArnScope) -> Iterator[dict[str, Any]]:
    """What pulling the steps' images needs."""
    images = [image for uri in access.images if (image := ECR_IMAGE.fullmatch(uri))]
    if not images:
        return
    arns = [
        f"arn:{scope.partition}:ecr:{image['region']}:{image['account']}:repository/{image['name']}" for image in images
    ]
    pulled = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    yield _statement("PullImages", pulled, arns)
    yield _statement("LogInToImages", ["ecr:GetAuthorizationToken"], ANY)


def log_statements(types: Sequence[str], scope: ArnScope) -> Iterator[dict[str, Any]]:
    """What a job needs beside its data: its log, and its metrics."""
    if not any((known := step_type(name)) and known.resource and known.resource.is_job for name in types):
        return
    logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    yield _statement("WriteLogs", logs, _log_groups(scope))
    namespaces = {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker*"]}
    yield _statement("WriteMetrics", ["cloudwatch:PutMetricData"], ANY, StringLike=namespaces)


def _log_groups(scope: ArnScope) -> str:
    return scope.arn("logs", "log-group:/aws/sagemaker/*")


def pass_role_statement(roles: Iterable[str]) -> dict[str, Any]:
    """What handing roles to SageMaker needs, and to no other service."""
    condition = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    return _statement("PassRole", ["iam:PassRole"], roles, StringEquals=condition)


def _sagemaker(actions: Iterable[str]) -> list[str]:
    return [f"sagemaker:{action}" for action in actions]
