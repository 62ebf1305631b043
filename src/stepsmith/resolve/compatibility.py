"""Which outputs will do for which inputs: a table of types, and the kinds of steps that outputs come from."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from stepsmith.step.specification import DependencyType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.resolve.upstream import Provider
    from stepsmith.step.specification import DependencySpec, OutputSpec

# The types of outputs that an input of each type takes: a folder of a processing job may hold any of the others.
TAKES: Mapping[DependencyType, frozenset[DependencyType]] = MappingProxyType(
    {
        DependencyType.PROCESSING_INPUT: frozenset(
            {
                DependencyType.PROCESSING_OUTPUT,
                DependencyType.TRAINING_DATA,
                DependencyType.MODEL_ARTIFACTS,
                DependencyType.PAYLOAD_SAMPLES,
            }
        ),
        DependencyType.TRAINING_DATA: frozenset({DependencyType.TRAINING_DATA, DependencyType.PROCESSING_OUTPUT}),
        DependencyType.MODEL_ARTIFACTS: frozenset({DependencyType.MODEL_ARTIFACTS, DependencyType.PROCESSING_OUTPUT}),
        DependencyType.PAYLOAD_SAMPLES: frozenset({DependencyType.PAYLOAD_SAMPLES, DependencyType.PROCESSING_OUTPUT}),
        DependencyType.HYPERPARAMETERS: frozenset({DependencyType.HYPERPARAMETERS, DependencyType.CUSTOM_PROPERTY}),
        DependencyType.CUSTOM_PROPERTY: frozenset({DependencyType.CUSTOM_PROPERTY}),
        DependencyType.PROCESSING_OUTPUT: frozenset(),
    }
)
# The kind of step that a property belongs to, by how its path begins.
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-properties.html
_KINDS = {
    "properties.ProcessingOutputConfig.": "ProcessingStep",
    "properties.ModelArtifacts.": "TrainingStep",
    "properties.TransformOutput.": "TransformStep",
    "properties.BestTrainingJob.": "TuningStep",
}


# What `compatible_sources` may name besides the types of steps; LocalFile is the config's own.
KINDS = (*_KINDS.values(), "LocalFile")


def mismatch(dependency: DependencySpec, output: OutputSpec) -> str:
    """Why an output is of no type that an input takes; "" where it is of one."""
    if output.output_type not in TAKES[dependency.dependency_type]:
        accepted = ", ".join(sorted(kind.value for kind in TAKES[dependency.dependency_type])) or "none"
        return f"it is a {output.output_type.value}, and a {dependency.dependency_type.value} takes: {accepted}"
    if output.data_type != dependency.data_type:
        return f"its data are {output.data_type}, and {dependency.data_type} is wanted"
    return ""


def is_compatible_source(dependency: DependencySpec, provider: Provider, output: OutputSpec) -> bool:
    """Whether an input takes what comes from such a step, which it names by its type or by its kind."""
    sources = dependency.compatible_sources
    return not sources or provider.specification.step_type in sources or kind_of(output) in sources


def kind_of(output: OutputSpec) -> str:
    """The kind of step that offers an output, as `compatible_sources` names it, or "".

    >>> from stepsmith.step.specification import OutputSpec
    >>> kind_of(OutputSpec(logical_name="model"))
    'ProcessingStep'
    """
    return next((kind for begins, kind in _KINDS.items() if output.property_path.startswith(begins)), "")
