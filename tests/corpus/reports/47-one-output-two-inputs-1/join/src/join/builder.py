"""Nothing is special about Join but that one instance writes its report."""

from join.config import JoinConfig
from join.specification import SPECIFICATION
from stepsmith import ProcessingStepBuilder


class JoinStepBuilder(ProcessingStepBuilder):
    """Makes the step."""

    specification = SPECIFICATION
    config_class = JoinConfig
    single_instance = True
