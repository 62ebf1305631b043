"""Nothing is special about Hide but that one instance writes its report."""

from hide.config import HideConfig
from hide.specification import SPECIFICATION
from stepsmith import ProcessingStepBuilder


class HideStepBuilder(ProcessingStepBuilder):
    """Makes the step."""

    specification = SPECIFICATION
    config_class = HideConfig
    single_instance = True
