"""What TabularPreprocessing offers to other steps; its data come from its config."""

from stepsmith.step.specification import NodeType, OutputSpec, StepSpecification
from stepsmith.steps.tabular_preprocessing.contract import (
    TABULAR_PREPROCESSING_CONTRACT,
    TEST,
    TRAIN,
    VALIDATION,
)

TABULAR_PREPROCESSING_SPEC = StepSpecification(
    step_type="TabularPreprocessing",
    node_type=NodeType.SOURCE,
    script_contract=TABULAR_PREPROCESSING_CONTRACT,
    outputs=(
        OutputSpec(logical_name=TRAIN, description="A folder with train.csv and _schema.json."),
        OutputSpec(logical_name=VALIDATION, description="A folder with validation.csv and _schema.json."),
        OutputSpec(logical_name=TEST, aliases=("samples",), description="A folder with test.csv and _schema.json."),
    ),
)
