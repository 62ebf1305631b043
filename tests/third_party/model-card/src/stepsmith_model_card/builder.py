"""Nothing is special about ModelCard but that one instance writes its key."""

from stepsmith import ProcessingStepBuilder
from stepsmith_model_card.config import ModelCardConfig
from stepsmith_model_card.specification import MODEL_CARD_SPEC


class ModelCardStepBuilder(ProcessingStepBuilder):
    """Makes the step that writes a model card."""

    specification = MODEL_CARD_SPEC
    config_class = ModelCardConfig
    single_instance = True
