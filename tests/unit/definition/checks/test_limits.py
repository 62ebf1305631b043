"""A definition within the service's limits is clean, and each limit that it goes over is told once."""

from __future__ import annotations

import pytest

from stepsmith.definition.checks import check
from stepsmith.definition.checks.limits import check_limits
from stepsmith.definition.emit import emit
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.parameters import Parameter
from stepsmith.sagemaker.limits import DEFAULT_STEP_QUOTA, INLINE_DEFINITION_BYTES


@pytest.fixture
def found(snapshot):
    """The code, the place and the severity of each finding; what it says is compared."""

    def call(definition, **settings):
        findings = check_limits(definition, **settings)
        for finding in findings:
            snapshot(finding)
        return [(finding.code, finding.where, finding.is_warning) for finding in findings]

    return call


def steps(number):
    return PipelineDefinition(tuple(Step(f"s{index}", "Fail", {}) for index in range(number)))


def of_size(size):
    """A definition of exactly so many bytes."""
    empty = PipelineDefinition((Step("s", "Fail", {"ErrorMessage": ""}),))
    return PipelineDefinition((Step("s", "Fail", {"ErrorMessage": "x" * (size - len(emit(empty)))}),))


@pytest.mark.parametrize(("number", "expected"), [(200, []), (201, [("DEF171", "parameters", False)])])
def test_parameters_are_as_many_as_the_service_s_model_says(found, number, expected):
    assert found(PipelineDefinition((), tuple(Parameter(f"P{index}") for index in range(number)))) == expected


def test_many_steps_are_a_warning_and_how_many_that_is_can_be_said(found):
    assert found(steps(DEFAULT_STEP_QUOTA)) == []
    assert found(steps(DEFAULT_STEP_QUOTA + 1)) == [("DEF172", "steps", True)]
    assert found(steps(DEFAULT_STEP_QUOTA + 1), most_steps=100) == []


def test_steps_in_branches_count(found):
    inner = [Step(f"i{index}", "Fail", {}) for index in range(DEFAULT_STEP_QUOTA)]
    assert found(PipelineDefinition((Step("c", "Condition", {"IfSteps": inner}),))) == [("DEF172", "steps", True)]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (INLINE_DEFINITION_BYTES, []),
        (INLINE_DEFINITION_BYTES + 1, [("DEF173", "", True)]),
        (1 << 20, [("DEF173", "", True)]),
        ((1 << 20) + 1, [("DEF173", "", False)]),
    ],
)
def test_a_definition_is_as_long_as_the_service_takes(size, expected):
    definition = of_size(size)
    assert len(emit(definition)) == size
    told = check(definition, (), size_bytes=size)
    assert [(finding.code, finding.where, finding.is_warning) for finding in told] == expected


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        (["a", "b"], ["c"], []),
        (["a", "a"], [], [("DEF174", "steps.s", False)]),
        (["a"], ["a"], [("DEF174", "steps.s", False)]),
        ([], ["a", "a", "a"], [("DEF174", "steps.s", False)] * 2),
    ],
    ids=["all differ", "an input twice", "an input and an output", "an output three times"],
)
def test_inputs_and_outputs_share_their_names(found, inputs, outputs, expected):
    arguments = {
        "ProcessingInputs": [{"InputName": name} for name in inputs],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": name} for name in outputs]},
    }
    assert found(PipelineDefinition((Step("s", "Processing", arguments),))) == expected


def test_what_is_no_list_of_ports_is_for_others_to_tell(found):
    arguments = {"ProcessingInputs": "none", "ProcessingOutputConfig": [1]}
    assert found(PipelineDefinition((Step("s", "Processing", arguments),))) == []
