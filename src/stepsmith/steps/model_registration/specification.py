"""What ModelRegistration needs from other steps. It runs no script: the service itself makes the model package.

The names of the dependencies are those that a private registry's step uses too, so that one can take the other's place.
"""

from stepsmith.step.specification import DependencySpec, DependencyType, NodeType, StepSpecification

PACKAGED_MODEL = "PackagedModel"
PAYLOAD_SAMPLES = "GeneratedPayloadSamples"

MODEL_REGISTRATION_SPEC = StepSpecification(
    step_type="ModelRegistration",
    node_type=NodeType.SINK,
    dependencies=(
        DependencySpec(
            logical_name=PACKAGED_MODEL,
            dependency_type=DependencyType.MODEL_ARTIFACTS,
            compatible_sources=("ProcessingStep",),
            semantic_keywords=("model", "package", "packaged"),
            description="The folder that holds the packaged model.tar.gz.",
        ),
        DependencySpec(
            logical_name=PAYLOAD_SAMPLES,
            dependency_type=DependencyType.PAYLOAD_SAMPLES,
            required=False,
            compatible_sources=("ProcessingStep",),
            semantic_keywords=("payload", "samples"),
            description="The folder that holds payload.tar.gz.",
        ),
    ),
)
