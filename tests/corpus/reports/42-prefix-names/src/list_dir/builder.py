"""Nothing is special about ListDir but that one instance writes its report."""

from list_dir.config import ListDirConfig
from list_dir.specification import SPECIFICATION
from stepsmith import ProcessingStepBuilder


class ListDirStepBuilder(ProcessingStepBuilder):
    """Makes the step."""

    specification = SPECIFICATION
    config_class = ListDirConfig
    single_instance = True
