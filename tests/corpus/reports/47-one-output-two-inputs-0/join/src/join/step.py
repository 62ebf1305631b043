"""Join writes a report.json that says what is in a folder."""

from join.builder import JoinStepBuilder
from join.config import JoinConfig
from join.specification import SPECIFICATION
from stepsmith import StepDeclaration

STEP = StepDeclaration(
    specification=SPECIFICATION,
    config_class=JoinConfig,
    builder_class=JoinStepBuilder,
    description="Writes a report.json that says what is in a folder.",
)
