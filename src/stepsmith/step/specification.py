"""The step specification: what a step needs from other steps, and what it offers to them."""

from __future__ import annotations

from enum import Enum

from pydantic import model_validator

# pydantic reads the fields' types while the program runs.
from stepsmith.step.contract import ScriptContract  # noqa: TC001
from stepsmith.step.model_base import ListOf, Typed


class DependencyType(str, Enum):
    """What kind of thing an input or output is."""

    PROCESSING_INPUT = "processing_input"
    PROCESSING_OUTPUT = "processing_output"
    TRAINING_DATA = "training_data"
    MODEL_ARTIFACTS = "model_artifacts"
    PAYLOAD_SAMPLES = "payload_samples"
    HYPERPARAMETERS = "hyperparameters"
    CUSTOM_PROPERTY = "custom_property"


class NodeType(str, Enum):
    """Where in a DAG a step can stand."""

    SOURCE = "source"
    INTERNAL = "internal"
    SINK = "sink"
    SINGULAR = "singular"


# Whether a step of each node type has dependencies, and whether it has outputs.
_SHAPES = {
    NodeType.SOURCE: (False, True),
    NodeType.INTERNAL: (True, True),
    NodeType.SINK: (True, False),
    NodeType.SINGULAR: (False, False),
}


class DependencySpec(Typed):
    """An input that a step takes from another step, or else from its own config."""

    logical_name: str
    dependency_type: DependencyType = DependencyType.PROCESSING_INPUT
    required: bool = True
    compatible_sources: ListOf[str] = ()
    semantic_keywords: ListOf[str] = ()
    data_type: str = "S3Uri"
    description: str = ""


class OutputSpec(Typed):
    """An output that a step offers, and the property of the step where its location stands.

    A processing output's property path need not be written: it follows from the output's name.
    """

    logical_name: str
    output_type: DependencyType = DependencyType.PROCESSING_OUTPUT
    property_path: str = ""
    data_type: str = "S3Uri"
    description: str = ""
    aliases: ListOf[str] = ()

    @model_validator(mode="after")
    def _derive_property_path(self) -> OutputSpec:
        if not self.property_path:
            if self.output_type is not DependencyType.PROCESSING_OUTPUT:
                raise ValueError(f"output {self.logical_name!r} is no processing output and has no property_path")
            object.__setattr__(self, "property_path", processing_output_path(self.logical_name))
        return self


class StepSpecification(Typed):
    """A step's type, its place in a DAG, its dependencies and its outputs; the ports are those of its contract.

    Raises: StepError when a SOURCE has dependencies, a SINK has outputs, and so on, or when a name stands twice.
    """

    step_type: str
    node_type: NodeType
    script_contract: ScriptContract | None = None
    dependencies: ListOf[DependencySpec] = ()
    outputs: ListOf[OutputSpec] = ()

    @model_validator(mode="after")
    def _fit_the_node_type(self) -> StepSpecification:
        for present, is_expected, message in zip(
            (bool(self.dependencies), bool(self.outputs)),
            _SHAPES[self.node_type],
            ("dependencies", "outputs"),
            strict=True,
        ):
            if present != is_expected:
                verb = "needs" if is_expected else "cannot have"
                raise ValueError(f"{self.step_type}: a {self.node_type.name} step {verb} {message}")
        return self

    @model_validator(mode="after")
    def _names_stand_once(self) -> StepSpecification:
        offered = [name for output in self.outputs for name in (output.logical_name, *output.aliases)]
        for names in ([dependency.logical_name for dependency in self.dependencies], offered):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{self.step_type}: {twice[0]!r} stands twice")
        return self

    def output(self, logical_name: str) -> OutputSpec | None:
        """The output of that name, or None."""
        return next((output for output in self.outputs if output.logical_name == logical_name), None)


def processing_output_path(output_name: str) -> str:
    """The property path of a Processing step's output.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-properties.html
    """
    return f"properties.ProcessingOutputConfig.Outputs['{output_name}'].S3Output.S3Uri"
