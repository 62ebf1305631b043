"""A pipeline as it is in an account: what DescribePipeline answers of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.aws.errors import ABSENT, NOT_VALID, service_error_code, translate_errors
from stepsmith.definition.definition_diff import difference
from stepsmith.definition.parse import parse
from stepsmith.diagnostics import About, AwsError, Rule, StepsmithError, suggest_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.aws.client import Account
    from stepsmith.definition.definition_diff import Difference


@dataclass(frozen=True, slots=True)
class DeployedPipeline:
    """A pipeline that is there: its ARN, the text of its definition, its role, and how many steps may run at once."""

    name: str
    arn: str
    text: str
    role: str
    parallelism: int | None

    def has(self, text: str) -> bool:
        """Whether its definition is this one, however the two are written."""
        if self.text == text:
            return True
        deployed = difference_of(self.text, text)
        return deployed is not None and deployed.is_none


def difference_of(before: str, after: str) -> Difference | None:
    """What one definition changes of another; None where one of the two cannot be read."""
    try:
        return difference(parse(before), parse(after))
    except StepsmithError:
        return None


def describe_pipeline(account: Account, name: str) -> DeployedPipeline | None:
    """The pipeline of that name in an account, or None where there is none.

    Raises: AwsError when it is not to be seen.
    """
    deployed, is_sure = _described(account, name)
    # One that is listed, and was not there a moment ago, has just been made.
    return deployed if is_sure else _described(account, name)[0]


def _described(account: Account, name: str) -> tuple[DeployedPipeline | None, bool]:
    """The pipeline, or None; and whether that is sure."""
    try:
        with translate_errors(f"the pipeline {name!r} cannot be described"):
            return _deployed(account.client("sagemaker").describe_pipeline(PipelineName=name)), True
    except AwsError as error:
        if service_error_code(error) in ABSENT:
            return None, True
        if service_error_code(error) == NOT_VALID:
            return None, not is_listed(account, name)
        raise


def require_pipeline(account: Account, name: str) -> DeployedPipeline:
    """The pipeline of that name in an account.

    Raises: AwsError when there is none.
    """
    deployed = describe_pipeline(account, name)
    if deployed is None:
        with translate_errors("the pipelines cannot be listed"):
            answer = account.client("sagemaker").list_pipelines(SortBy="CreationTime", SortOrder="Descending")
        names = [one["PipelineName"] for one in answer.get("PipelineSummaries", ())]
        message = f"there is no pipeline {name!r} in account {account.identity.account}, region {account.region}"
        fix = suggest_names(name, names) if names else "deploy it first: stepsmith deploy PIPELINE.yaml"
        raise AwsError("AWS030", message, fix=fix)
    return deployed


def is_listed(account: Account, name: str) -> bool:
    """Whether a pipeline of exactly that name is among those of an account."""
    with translate_errors("the pipelines cannot be listed"):
        pages = account.client("sagemaker").get_paginator("list_pipelines").paginate(PipelineNamePrefix=name)
        return any(one["PipelineName"] == name for page in pages for one in page.get("PipelineSummaries", ()))


def _deployed(answer: Mapping[str, Any]) -> DeployedPipeline:
    parallelism = (answer.get("ParallelismConfiguration") or {}).get("MaxParallelExecutionSteps")
    return DeployedPipeline(
        answer["PipelineName"],
        answer["PipelineArn"],
        answer.get("PipelineDefinition", ""),
        answer.get("RoleArn", ""),
        parallelism,
    )


RULES = (
    Rule(
        "AWS030",
        "A pipeline that does not exist",
        "The account and region have no pipeline with this name.",
        About.AWS,
        "Correct the name, account or region, or deploy it first: `stepsmith deploy PIPELINE.yaml`.",
    ),
)
