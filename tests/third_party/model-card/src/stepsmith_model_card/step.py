"""ModelCard writes a card.yaml that says what a packaged model is, and who answers for it."""

from stepsmith import StepDeclaration
from stepsmith_model_card.builder import ModelCardStepBuilder
from stepsmith_model_card.config import ModelCardConfig
from stepsmith_model_card.specification import MODEL_CARD_SPEC

STEP = StepDeclaration(
    specification=MODEL_CARD_SPEC,
    config_class=ModelCardConfig,
    builder_class=ModelCardStepBuilder,
    description="Writes a card.yaml that says what a packaged model is, and who answers for it.",
)
