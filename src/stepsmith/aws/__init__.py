"""SageMaker Pipelines: a plan of what a deploy would do, and what does it; executions started and watched.

Knows no specification, no config and no builder: what ran on this machine is what runs there.
"""

from stepsmith.aws.client import Account
from stepsmith.aws.deployment.apply import apply_plan
from stepsmith.aws.deployment.deploy import deploy
from stepsmith.aws.deployment.options import DeployOptions
from stepsmith.aws.deployment.plan import Plan
from stepsmith.aws.deployment.planner import plan_deploy
from stepsmith.aws.executions import Execution, StepExecution, executions, retry, start, stop
from stepsmith.aws.iam.policy import policies_of
from stepsmith.aws.model_registry import ModelRegistry
from stepsmith.aws.watch import watch

__all__ = [
    "Account",
    "DeployOptions",
    "Execution",
    "ModelRegistry",
    "Plan",
    "StepExecution",
    "apply_plan",
    "deploy",
    "executions",
    "plan_deploy",
    "policies_of",
    "retry",
    "start",
    "stop",
    "watch",
]
