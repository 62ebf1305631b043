"""What Probe needs from other steps, and what it offers to them."""

from probe.contract import CONTRACT, REPORT, SOURCE
from stepsmith import DependencySpec, NodeType, OutputSpec, StepSpecification

SPECIFICATION = StepSpecification(
    step_type="Probe",
    node_type=NodeType.INTERNAL,
    script_contract=CONTRACT,
    dependencies=(
        DependencySpec(
            logical_name=SOURCE,
            compatible_sources=("ProcessingStep", "LocalFile"),
            semantic_keywords=("source",),
            description="A folder of files.",
        ),
    ),
    outputs=(OutputSpec(logical_name=REPORT, description="The folder that holds report.json."),),
)
