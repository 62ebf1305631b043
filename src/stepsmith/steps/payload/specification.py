"""What Payload needs from other steps, and what it offers to them."""

from stepsmith.step.specification import (
    DependencySpec,
    NodeType,
    OutputSpec,
    StepSpecification,
)
from stepsmith.steps.payload.contract import PAYLOAD_CONTRACT, PAYLOAD_SAMPLES, SAMPLES

PAYLOAD_SPEC = StepSpecification(
    step_type="Payload",
    node_type=NodeType.INTERNAL,
    script_contract=PAYLOAD_CONTRACT,
    dependencies=(
        DependencySpec(
            logical_name=SAMPLES,
            compatible_sources=("ProcessingStep", "LocalFile"),
            semantic_keywords=("samples", "test"),
            description="A folder of CSV or JSON lines; a preprocessed split's label is left out of the requests.",
        ),
    ),
    outputs=(
        OutputSpec(
            logical_name=PAYLOAD_SAMPLES,
            aliases=("GeneratedPayloadSamples",),
            description="The folder that holds payload.tar.gz.",
        ),
    ),
)
