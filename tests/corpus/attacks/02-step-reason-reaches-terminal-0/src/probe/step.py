"""Probe writes a report.json that says what is in a folder."""

from probe.builder import ProbeStepBuilder
from probe.config import ProbeConfig
from probe.specification import SPECIFICATION
from stepsmith import StepDeclaration

STEP = StepDeclaration(
    specification=SPECIFICATION,
    config_class=ProbeConfig,
    builder_class=ProbeStepBuilder,
    description="Writes a report.json that says what is in a folder.",
)
