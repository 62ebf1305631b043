"""SageMaker Pipelines: a plan of what a deploy would do, and what does it; executions started and watched.

Knows no specification, no config and no builder: what ran on this machine is what runs there.
"""

from stepsmith.aws.apply import apply_plan
from stepsmith.aws.client import Account
from stepsmith.aws.deploy import deploy
from stepsmith.aws.plan import DeployOptions, Plan
from stepsmith.aws.planner import plan_deploy

__all__ = ["Account", "DeployOptions", "Plan", "apply_plan", "deploy", "plan_deploy"]
