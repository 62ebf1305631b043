"""First writes a report.json that says what is in a folder."""

from first.builder import FirstStepBuilder
from first.config import FirstConfig
from first.specification import SPECIFICATION
from stepsmith import StepDeclaration

STEP = StepDeclaration(
    specification=SPECIFICATION,
    config_class=FirstConfig,
    builder_class=FirstStepBuilder,
    description="Writes a report.json that says what is in a folder.",
)
