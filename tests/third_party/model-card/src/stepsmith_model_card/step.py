"""ModelCard writes a card.yaml that says what a packaged model is, and who answers for it."""

from pydantic import Field

from stepsmith import (
    DependencySpec,
    NodeType,
    OutputSpec,
    ProcessingStepBuilder,
    ProcessingStepConfigBase,
    ScriptContract,
    StepDeclaration,
    StepSpecification,
)

PACKAGED_MODEL = "packaged_model"
MODEL_CARD = "model_card"

MODEL_CARD_CONTRACT = ScriptContract(
    entry_point="model_card.py",
    expected_input_paths={PACKAGED_MODEL: "/opt/ml/processing/input/packaged_model"},
    expected_output_paths={MODEL_CARD: "/opt/ml/processing/output/model_card"},
    expected_arguments={
        "package-dir": PACKAGED_MODEL,
        "title": "title",
        "owner": "owner",
        "intended-use": "intended_use",
        "output-dir": MODEL_CARD,
    },
    framework_requirements={"PyYAML": ">=6.0"},
    description="Writes card.yaml from the package.json beside a packaged model.",
)

MODEL_CARD_SPEC = StepSpecification(
    step_type="ModelCard",
    node_type=NodeType.INTERNAL,
    script_contract=MODEL_CARD_CONTRACT,
    dependencies=(
        DependencySpec(
            logical_name=PACKAGED_MODEL,
            compatible_sources=("ProcessingStep",),
            semantic_keywords=("model", "package"),
            description="The folder that holds a packaged model.tar.gz, and package.json beside it.",
        ),
    ),
    outputs=(OutputSpec(logical_name=MODEL_CARD, description="The folder that holds card.yaml."),),
)


class ModelCardConfig(ProcessingStepConfigBase):
    """The model's title, who answers for it, and, where it is to be said, what it is for."""

    title: str = Field(description="What the model is called.")
    owner: str = Field(description="Who answers for it.", examples=["ecology@example.org"])
    intended_use: str | None = Field(default=None, description="What it is for.")

    @classmethod
    def get_script_contract(cls) -> ScriptContract:
        """The contract of the step's script."""
        return MODEL_CARD_CONTRACT


class ModelCardStepBuilder(ProcessingStepBuilder[ModelCardConfig]):
    """Makes the step that writes a model card. One instance writes its key, so several are refused."""

    specification = MODEL_CARD_SPEC
    config_class = ModelCardConfig
    single_instance = True


STEP = StepDeclaration(
    specification=MODEL_CARD_SPEC,
    config_class=ModelCardConfig,
    builder_class=ModelCardStepBuilder,
    description="Writes a card.yaml that says what a packaged model is, and who answers for it.",
)
