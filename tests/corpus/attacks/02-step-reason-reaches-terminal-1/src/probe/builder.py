"""Nothing is special about Probe but that one instance writes its report."""

from probe.config import ProbeConfig
from probe.specification import SPECIFICATION
from stepsmith import ProcessingStepBuilder


class ProbeStepBuilder(ProcessingStepBuilder):
    """Makes the step."""

    specification = SPECIFICATION
    config_class = ProbeConfig
    single_instance = True
