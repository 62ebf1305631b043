"""A definition within the service's limits is clean, and each limit that it goes over is told once."""

from __future__ import annotations

import pytest

from stepsmith.definition.checks.limits import BY_S3_BYTES, USUAL_STEPS, check_limits
from stepsmith.definition.emit import emit
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.parameters import Parameter


def told(definition, **settings):
    return [(finding.code, finding.is_warning) for finding in check_limits(definition, **settings)]


def steps(number):
    return PipelineDefinition(tuple(Step(f"s{index}", "Fail", {}) for index in range(number)))


def of_size(size):
    """A definition of exactly so many bytes."""
    empty = PipelineDefinition((Step("s", "Fail", {"ErrorMessage": ""}),))
    return PipelineDefinition((Step("s", "Fail", {"ErrorMessage": "x" * (size - len(emit(empty)))}),))


@pytest.mark.parametrize(("number", "found"), [(200, []), (201, [("DEF171", False)])])
def test_parameters_are_as_many_as_the_service_s_model_says(number, found):
    assert told(PipelineDefinition((), tuple(Parameter(f"P{index}") for index in range(number)))) == found


def test_many_steps_are_a_warning_and_how_many_that_is_can_be_said():
    assert told(steps(USUAL_STEPS)) == []
    assert told(steps(USUAL_STEPS + 1)) == [("DEF172", True)]
    assert told(steps(USUAL_STEPS + 1), most_steps=100) == []


def test_steps_in_branches_count():
    inner = [Step(f"i{index}", "Fail", {}) for index in range(USUAL_STEPS)]
    assert told(PipelineDefinition((Step("c", "Condition", {"IfSteps": inner}),))) == [("DEF172", True)]


@pytest.mark.parametrize(
    ("size", "found"),
    [
        (BY_S3_BYTES, []),
        (BY_S3_BYTES + 1, [("DEF173", True)]),
        (1 << 20, [("DEF173", True)]),
        ((1 << 20) + 1, [("DEF173", False)]),
    ],
)
def test_a_definition_is_as_long_as_the_service_takes(size, found):
    definition = of_size(size)
    assert len(emit(definition)) == size
    assert told(definition) == found


@pytest.mark.parametrize(
    ("inputs", "outputs", "found"),
    [
        (["a", "b"], ["c"], []),
        (["a", "a"], [], [("DEF174", False)]),
        (["a"], ["a"], [("DEF174", False)]),
        ([], ["a", "a", "a"], [("DEF174", False)] * 2),
    ],
)
def test_inputs_and_outputs_share_their_names(inputs, outputs, found):
    arguments = {
        "ProcessingInputs": [{"InputName": name} for name in inputs],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": name} for name in outputs]},
    }
    assert told(PipelineDefinition((Step("s", "Processing", arguments),))) == found


def test_what_is_no_list_of_ports_is_for_others_to_tell():
    arguments = {"ProcessingInputs": "none", "ProcessingOutputConfig": [1]}
    assert told(PipelineDefinition((Step("s", "Processing", arguments),))) == []
