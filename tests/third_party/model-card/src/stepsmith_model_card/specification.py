"""What ModelCard needs from other steps, and what it offers to them."""

from stepsmith import DependencySpec, NodeType, OutputSpec, StepSpecification
from stepsmith_model_card.contract import MODEL_CARD, MODEL_CARD_CONTRACT, PACKAGED_MODEL

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
