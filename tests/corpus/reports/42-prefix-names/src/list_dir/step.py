"""ListDir writes a report.json that says what is in a folder."""

from list_dir.builder import ListDirStepBuilder
from list_dir.config import ListDirConfig
from list_dir.specification import SPECIFICATION
from stepsmith import StepDeclaration

STEP = StepDeclaration(
    specification=SPECIFICATION,
    config_class=ListDirConfig,
    builder_class=ListDirStepBuilder,
    description="Writes a report.json that says what is in a folder.",
)
