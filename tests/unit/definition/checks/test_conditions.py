"""A condition of each type is known by its parts; any other is told with its place."""

from __future__ import annotations

import pytest

from stepsmith.definition.checks.conditions import check_conditions
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.references import Get, JsonGet

EQUALS = {"Type": "Equals", "LeftValue": Get("Parameters.P"), "RightValue": 1}
IN = {"Type": "In", "QueryValue": JsonGet("a", "f", "x.y"), "Values": [1, 2]}


def found(*conditions):
    return check_conditions(PipelineDefinition((Step("c", "Condition", {"Conditions": list(conditions)}),)))


@pytest.mark.parametrize(
    "condition",
    [
        EQUALS,
        IN,
        *(
            {**EQUALS, "Type": kind}
            for kind in ("GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")
        ),
        {"Type": "Not", "Expression": {"Type": "Or", "Conditions": [EQUALS, {"Type": "Not", "Expression": IN}]}},
    ],
)
def test_a_condition_of_a_known_type_is_whole(condition):
    assert found(condition) == []


WRONG = {
    "an unknown type": {**EQUALS, "Type": "Equal"},
    "a string for a condition": "Equals",
    "a member missing": {"Type": "Equals", "LeftValue": 1},
    "a member too many": {**EQUALS, "Left": 1},
    "an unknown type in a Not": {"Type": "Not", "Expression": {"Type": "?"}},
    "a number in an Or": {"Type": "Or", "Conditions": [EQUALS, 1]},
    "an Or of nothing": {"Type": "Or", "Conditions": []},
}


@pytest.mark.parametrize("condition", WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_condition_is_told_with_its_place(snapshot, condition):
    (finding,) = found(condition)
    assert (finding.code, finding.where) == ("DEF118", "steps.c")
    snapshot(finding)


def test_a_condition_step_without_conditions_is_told_also_in_a_branch(snapshot):
    inner = Step("inner", "Condition", {"IfSteps": []})
    outer = Step("outer", "Condition", {"Conditions": [EQUALS], "ElseSteps": [inner]})
    (finding,) = check_conditions(PipelineDefinition((outer,)))
    assert (finding.code, finding.where) == ("DEF118", "steps.inner")
    snapshot(finding)
