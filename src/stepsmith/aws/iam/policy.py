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
from stepsmith.aws.iam.resource_access import external_inputs, resource_access_of
from stepsmith.aws.iam.statements import (
    ANY,
    ArnScope,
    data_statements,
    image_statements,
    job_statements,
    kms_statements,
    log_statements,
    lookup_statements,
    pass_role_statement,
    pipeline_statements,
    remote_source_uris,
    upload_statements,
    vpc_statements,
)
from stepsmith.aws.model_groups import groups_by_arn, open_groups, registered_groups
from stepsmith.definition.model import all_steps
from stepsmith.definition.parse import parse
from stepsmith.diagnostics import AwsError
from stepsmith.sagemaker.identifiers import ECR_IMAGE
from stepsmith.sagemaker.step_types import step_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stepsmith.aws.iam.resource_access import ResourceAccess
    from stepsmith.definition.assets import Compiled

_VERSION = "2012-10-17"
_ROLE = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):role/.+")


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
    scope = _scope_of(compiled, account, region, role)
    definition = parse(compiled.definition)
    access = resource_access_of(definition, compiled.location)
    groups = registered_groups(definition)
    types = sorted({step.type for step in all_steps(definition.steps)})
    roles = sorted({scope.role, *access.roles})
    deploy = [
        *upload_statements(compiled, scope, kms_key, has_tags=has_tags),
        *lookup_statements([*external_inputs(access, compiled), *remote_source_uris(compiled)], scope),
        *pipeline_statements(name or compiled.name, groups, scope, has_tags=has_tags),
    ]
    execution = [
        *job_statements(types, groups, scope),
        pass_role_statement(roles),
        *data_statements(access, scope),
        *kms_statements("UseKeys", access.keys, ["kms:Encrypt", "kms:DescribeKey"], scope),
        *kms_statements("ReadUploads", [kms_key] if kms_key else [], [], scope, reads_only=True),
        *image_statements(access, scope),
        *log_statements(types, scope),
        *(vpc_statements() if access.in_vpc else ()),
    ]
    ends = [*_unknown(scope, role or compiled.role), *_open_ends(types, access), *access.open_ends]
    ends += [f"the group {item} is another account's, which has to share it" for item in groups_by_arn(definition)]
    ends += [f"the group is the parameter {item}: allow what it may be" for item in open_groups(definition)]
    return Policies(_document(deploy), _document(execution), _trust(scope.account), tuple(dict.fromkeys(ends)))


def _scope_of(compiled: Compiled, account: str | None, region: str | None, role: str | None) -> ArnScope:
    """Where the pipeline is; the account and the role stay open where nobody names them."""
    where = _region(compiled, region)
    partition, role_arn = partition_of(where), role or compiled.role
    match = _ROLE.fullmatch(role_arn)
    if role_arn and (match is None or match["partition"] != partition):
        message = f"{role_arn!r} is no ARN of a role in partition {partition}"
        raise AwsError("AWS032", message, fix="write --role arn:aws:iam::ACCOUNT:role/NAME, or `role` in pipeline.yaml")
    owner = account or (match["account"] if match else ANY)
    return ArnScope(partition, where, owner, role_arn or f"arn:{partition}:iam::{owner}:role/{ANY}")


def _unknown(scope: ArnScope, role: str) -> Iterator[str]:
    if scope.account == ANY:
        yield "no account is known: ARNs hold for any; name it with --account, or a role"
    if not role:
        yield "no role is known: any of the account may be passed; name it with --role"


def _open_ends(types: Iterable[str], access: ResourceAccess) -> Iterator[str]:
    for item in types:
        known = step_type(item)
        if known is None or known.resource is None:
            yield f"what a step of type {item} needs is not known here: see its documentation"
    for item in sorted(access.images):
        if not ECR_IMAGE.fullmatch(item):
            yield f"{item} is no image of Amazon ECR by its usual name: allow it to be pulled"


def _region(compiled: Compiled, region: str | None) -> str:
    where = region or compiled.region
    if not where:
        raise AwsError("AWS011", "no region is named", fix="name one: --region, or `region` in pipeline.yaml")
    if compiled.region and where != compiled.region:
        message = f"the pipeline is of region {compiled.region}, and the policy would be of {where}"
        raise AwsError("AWS031", message, fix="leave --region out, or change `region` in the pipeline")
    return where


def _document(statements: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"Version": _VERSION, "Statement": list(statements)}


def _trust(account: str) -> dict[str, Any]:
    """Who may take the role: SageMaker, and where the account is known on behalf of that account alone."""
    service = {"Service": "sagemaker.amazonaws.com"}
    condition = {"StringEquals": {"aws:SourceAccount": account}}
    known = {"Condition": condition} if account != ANY else {}
    return _document([{"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole", **known}])
