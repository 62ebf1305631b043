from __future__ import annotations

import pytest

from stepsmith import (
    DUMMY_TRAINING_SPEC,
    MODEL_PACKAGING_SPEC,
    PAYLOAD_SPEC,
    TABULAR_PREPROCESSING_SPEC,
    DependencySpec,
    DependencyType,
    NodeType,
    OutputSpec,
    StepSpecification,
)
from stepsmith.diagnostics import StepError

NEED = (DependencySpec(logical_name="need"),)
OFFER = (OutputSpec(logical_name="offer"),)


@pytest.mark.parametrize(
    ("node_type", "dependencies", "outputs"),
    [
        pytest.param(NodeType.SOURCE, NEED, OFFER, id="source with dependencies"),
        pytest.param(NodeType.SOURCE, (), (), id="source without outputs"),
        pytest.param(NodeType.INTERNAL, (), OFFER, id="internal without dependencies"),
        pytest.param(NodeType.INTERNAL, NEED, (), id="internal without outputs"),
        pytest.param(NodeType.SINK, (), (), id="sink without dependencies"),
        pytest.param(NodeType.SINK, NEED, OFFER, id="sink with outputs"),
        pytest.param(NodeType.SINGULAR, NEED, (), id="singular with dependencies"),
        pytest.param(NodeType.SINGULAR, (), OFFER, id="singular with outputs"),
    ],
)
def test_a_step_that_does_not_fit_its_node_type_cannot_be_declared(expect_error, node_type, dependencies, outputs):
    with expect_error("STP001", kind=StepError):
        StepSpecification(step_type="X", node_type=node_type, dependencies=dependencies, outputs=outputs)


@pytest.mark.parametrize(
    ("node_type", "dependencies", "outputs"),
    [
        (NodeType.SOURCE, (), OFFER),
        (NodeType.INTERNAL, NEED, OFFER),
        (NodeType.SINK, NEED, ()),
        (NodeType.SINGULAR, (), ()),
    ],
)
def test_a_step_that_fits_its_node_type_can_be_declared(node_type, dependencies, outputs):
    made = StepSpecification(step_type="X", node_type=node_type, dependencies=dependencies, outputs=outputs)
    assert StepSpecification.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize(
    "outputs",
    [
        pytest.param((*OFFER, *OFFER), id="two names"),
        pytest.param((OutputSpec(logical_name="a", aliases=("offer",)), *OFFER), id="an alias and a name"),
        pytest.param((OutputSpec(logical_name="a", aliases=("a",)),), id="an alias and its own name"),
    ],
)
def test_a_name_that_two_outputs_answer_to_is_refused(expect_error, outputs):
    with expect_error("STP001", kind=StepError):
        StepSpecification(step_type="X", node_type=NodeType.SOURCE, outputs=outputs)


def test_two_dependencies_of_one_name_are_refused(expect_error):
    with expect_error("STP001", kind=StepError):
        StepSpecification(step_type="X", node_type=NodeType.SINK, dependencies=(*NEED, *NEED))


def test_a_processing_outputs_property_path_follows_from_its_name():
    path = "properties.ProcessingOutputConfig.Outputs['offer'].S3Output.S3Uri"
    assert OFFER[0].property_path == path


def test_another_outputs_property_path_must_be_written(expect_error):
    with expect_error("STP001", kind=StepError):
        OutputSpec(logical_name="artifact", output_type=DependencyType.MODEL_ARTIFACTS)


@pytest.mark.parametrize(
    "specification", [DUMMY_TRAINING_SPEC, MODEL_PACKAGING_SPEC, PAYLOAD_SPEC, TABULAR_PREPROCESSING_SPEC]
)
def test_every_output_leads_to_the_property_of_its_own_name(specification):
    for output in specification.outputs:
        name = output.logical_name
        assert output.property_path == f"properties.ProcessingOutputConfig.Outputs['{name}'].S3Output.S3Uri"


def test_the_declared_facts_of_dummy_training_hold():
    (need,), (offer,) = DUMMY_TRAINING_SPEC.dependencies, DUMMY_TRAINING_SPEC.outputs
    assert (DUMMY_TRAINING_SPEC.step_type, DUMMY_TRAINING_SPEC.node_type) == ("DummyTraining", NodeType.INTERNAL)
    assert (need.logical_name, need.dependency_type, need.required) == (
        "pretrained_model_path",
        DependencyType.PROCESSING_INPUT,
        True,
    )
    assert need.compatible_sources == ("ProcessingStep", "LocalFile")
    assert need.semantic_keywords == ("model", "pretrained", "artifact")
    assert offer.logical_name == "model_output"
    assert offer.output_type is DependencyType.PROCESSING_OUTPUT
    assert offer.aliases == ("ModelOutputPath", "ModelArtifacts", "model_data", "output_path", "model_input")


def test_an_output_is_found_by_its_name_alone():
    assert DUMMY_TRAINING_SPEC.output("model_output") is DUMMY_TRAINING_SPEC.outputs[0]
    assert DUMMY_TRAINING_SPEC.output("model_data") is None
