"""What DummyTraining needs from other steps, and what it offers to them."""

from stepsmith.step.specification import (
    DependencySpec,
    DependencyType,
    NodeType,
    OutputSpec,
    StepSpecification,
)
from stepsmith.steps.dummy_training.contract import DUMMY_TRAINING_CONTRACT, MODEL_OUTPUT, PRETRAINED_MODEL

DUMMY_TRAINING_SPEC = StepSpecification(
    step_type="DummyTraining",
    node_type=NodeType.INTERNAL,
    script_contract=DUMMY_TRAINING_CONTRACT,
    dependencies=(
        DependencySpec(
            logical_name=PRETRAINED_MODEL,
            dependency_type=DependencyType.PROCESSING_INPUT,
            required=True,
            compatible_sources=("ProcessingStep", "LocalFile"),
            semantic_keywords=("model", "pretrained", "artifact"),
            description="A pretrained model.tar.gz, from another step or from the config.",
        ),
    ),
    outputs=(
        OutputSpec(
            logical_name=MODEL_OUTPUT,
            aliases=("ModelOutputPath", "ModelArtifacts", "model_data", "output_path", "model_input"),
            description="The folder that holds the verified model.tar.gz.",
        ),
    ),
)
