"""Nothing is special about Look but that one instance writes its report."""

from look.config import LookConfig
from look.specification import SPECIFICATION
from stepsmith import ProcessingStepBuilder


class LookStepBuilder(ProcessingStepBuilder):
    """Makes the step."""

    specification = SPECIFICATION
    config_class = LookConfig
    single_instance = True
