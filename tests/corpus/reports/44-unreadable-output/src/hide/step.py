"""Hide writes a report.json that says what is in a folder."""

from hide.builder import HideStepBuilder
from hide.config import HideConfig
from hide.specification import SPECIFICATION
from stepsmith import StepDeclaration

STEP = StepDeclaration(
    specification=SPECIFICATION,
    config_class=HideConfig,
    builder_class=HideStepBuilder,
    description="Writes a report.json that says what is in a folder.",
)
