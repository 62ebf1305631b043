"""What Join needs from other steps, and what it offers to them."""

from join.contract import CONTRACT, REPORT, SOURCE
from stepsmith import DependencySpec, NodeType, OutputSpec, StepSpecification

SPECIFICATION = StepSpecification(
    step_type="Join",
    node_type=NodeType.INTERNAL,
    script_contract=CONTRACT,
    dependencies=(
        DependencySpec(
            logical_name=SOURCE,
            compatible_sources=("ProcessingStep", "LocalFile"),
            semantic_keywords=("source", "report"),
            description="A folder of files.",
        ),
        DependencySpec(logical_name="source_secondary", required=False, compatible_sources=("ProcessingStep",), semantic_keywords=("source", "report"), description="More."),
    ),
    outputs=(OutputSpec(logical_name=REPORT, description="The folder that holds report.json."),),
)
