"""Nothing is special about First but that one instance writes its report."""

from first.config import FirstConfig
from first.specification import SPECIFICATION
from stepsmith import ProcessingStepBuilder


class FirstStepBuilder(ProcessingStepBuilder):
    """Makes the step."""

    specification = SPECIFICATION
    config_class = FirstConfig
    single_instance = True
