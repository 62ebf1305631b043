"""Model package groups: which ones a definition registers into, and which of them an account has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.aws.errors import translate_errors
from stepsmith.definition.model import all_steps
from stepsmith.definition.references import Get, parameter_of
from stepsmith.sagemaker.step_types import step_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.aws.client import Account
    from stepsmith.definition.model import PipelineDefinition


def registered_groups(definition: PipelineDefinition) -> list[str]:
    """The names of the groups that a definition's steps register into, as far as they are known without an execution.

    A parameter stands for its default. A group that is named by its ARN may be another account's, and is left out.
    """
    return sorted({name for name in _group_names(definition) if not name.startswith("arn:")})


def groups_by_arn(definition: PipelineDefinition) -> list[str]:
    """The groups that are named by their ARN, and may be another account's."""
    return sorted({name for name in _group_names(definition) if name.startswith("arn:")})


def open_groups(definition: PipelineDefinition) -> list[str]:
    """The parameters without a default that name groups: only an execution knows which."""
    open_ = {parameter.name for parameter in definition.parameters if parameter.default is None}
    groups = (step.arguments.get("ModelPackageGroupName") for step in all_steps(definition.steps))
    named = (parameter_of(group) for group in groups if isinstance(group, Get))
    return sorted({name for name in named if name in open_})


def _group_names(definition: PipelineDefinition) -> Iterator[str]:
    defaults = {parameter.name: parameter.default for parameter in definition.parameters}
    for step in all_steps(definition.steps):
        known = step_type(step.type)
        name: Any = step.arguments.get("ModelPackageGroupName") if known and known.registers_model else None
        if isinstance(name, Get):
            name = defaults.get(parameter_of(name) or "")
        if isinstance(name, str):
            yield name


def group_exists(account: Account, name: str) -> bool:
    """Whether an account has a group of exactly that name.

    Asked of the list, because DescribeModelPackageGroup answers of one that is not there with the error of any other
    mistake. Raises: AwsError when they cannot be listed.
    """
    paginator = account.client("sagemaker").get_paginator("list_model_package_groups")
    with translate_errors("the model package groups cannot be listed"):
        pages = paginator.paginate(NameContains=name, MaxResults=100)
        summaries = (summary for page in pages for summary in page.get("ModelPackageGroupSummaryList", ()))
        return any(summary["ModelPackageGroupName"] == name for summary in summaries)
