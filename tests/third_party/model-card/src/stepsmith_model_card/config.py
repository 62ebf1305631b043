"""What a user sets of ModelCard."""

from pydantic import Field

from stepsmith import ProcessingStepConfigBase, ScriptContract
from stepsmith_model_card.contract import MODEL_CARD_CONTRACT


class ModelCardConfig(ProcessingStepConfigBase):
    """The model's title, who answers for it, and, where it is to be said, what it is for."""

    title: str = Field(description="What the model is called.")
    owner: str = Field(description="Who answers for it.", examples=["ecology@example.org"])
    intended_use: str | None = Field(default=None, description="What it is for.")

    @classmethod
    def get_script_contract(cls) -> ScriptContract:
        """The contract of the step's script."""
        return MODEL_CARD_CONTRACT
