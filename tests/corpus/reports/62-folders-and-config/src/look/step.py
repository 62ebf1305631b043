"""Look writes a report.json that says what is in a folder."""

from look.builder import LookStepBuilder
from look.config import LookConfig
from look.specification import SPECIFICATION
from stepsmith import StepDeclaration

STEP = StepDeclaration(
    specification=SPECIFICATION,
    config_class=LookConfig,
    builder_class=LookStepBuilder,
    description="Writes a report.json that says what is in a folder.",
)
