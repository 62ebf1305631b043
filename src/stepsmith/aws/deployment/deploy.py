"""A compiled pipeline deployed to SageMaker Pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.aws.client import Account
from stepsmith.aws.deployment.apply import apply_plan
from stepsmith.aws.deployment.planner import plan_deploy

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepsmith.aws.deployment.options import DeployOptions
    from stepsmith.aws.deployment.plan import Plan
    from stepsmith.aws.deployment.progress import Progress
    from stepsmith.definition.assets import Compiled


def deploy(
    compiled: Compiled,
    options: DeployOptions | None = None,
    *,
    account: Account | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Deploys a pipeline, and returns the plan of what was done; nothing is done where all is as it is to be.

    The definition is checked before anything is asked or sent. Without `account` it goes to that of boto3's own
    configuration, in the pipeline's region. Raises: every fault found before anything is sent, together; afterwards
    AwsError or ArchiveError, and what was done stays done.
    """
    place = account or Account(region=compiled.region or None)
    plan = plan_deploy(place, compiled, options)
    if not plan.is_nothing:
        apply_plan(place, plan, progress=progress, say=say)
    return plan
