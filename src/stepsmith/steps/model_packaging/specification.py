"""What ModelPackaging needs from other steps, and what it offers to them."""

from stepsmith.step.specification import DependencySpec, NodeType, OutputSpec, StepSpecification
from stepsmith.steps.model_packaging.contract import MODEL_INPUT, MODEL_PACKAGING_CONTRACT, PACKAGED_MODEL

MODEL_PACKAGING_SPEC = StepSpecification(
    step_type="ModelPackaging",
    node_type=NodeType.INTERNAL,
    script_contract=MODEL_PACKAGING_CONTRACT,
    dependencies=(
        DependencySpec(
            logical_name=MODEL_INPUT,
            compatible_sources=("ProcessingStep", "TrainingStep"),
            semantic_keywords=("model", "artifact"),
            description="A model.tar.gz, or the folder that holds it.",
        ),
    ),
    outputs=(
        OutputSpec(
            logical_name=PACKAGED_MODEL,
            aliases=("PackagedModel",),
            description="The folder that holds the packaged model.tar.gz, and package.json beside it.",
        ),
    ),
)
