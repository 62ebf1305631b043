"""SampleCount counts the files in a folder of samples. Its specification offers a `summary` that nothing writes."""

from pathlib import Path

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

CONTRACT = ScriptContract(
    entry_point="sample_count.py",
    expected_input_paths={"samples": "/opt/ml/processing/input/samples"},
    expected_output_paths={"sample_count": "/opt/ml/processing/output/sample_count"},
    expected_arguments={"samples-dir": "samples", "output-dir": "sample_count"},
)

SPECIFICATION = StepSpecification(
    step_type="SampleCount",
    node_type=NodeType.INTERNAL,
    script_contract=CONTRACT,
    dependencies=(DependencySpec(logical_name="samples"),),
    outputs=(
        OutputSpec(logical_name="sample_count"),
        OutputSpec(logical_name="summary"),
    ),
)


class SampleCountConfig(ProcessingStepConfigBase):
    """Where the samples are."""

    samples: str | Path | None = None

    @classmethod
    def get_script_contract(cls) -> ScriptContract:
        """The contract of the step's script."""
        return CONTRACT


class SampleCountStepBuilder(ProcessingStepBuilder):
    """Makes the step that counts samples."""

    specification = SPECIFICATION
    config_class = SampleCountConfig


STEP = StepDeclaration(SPECIFICATION, SampleCountConfig, SampleCountStepBuilder, "Counts the files of samples.")
