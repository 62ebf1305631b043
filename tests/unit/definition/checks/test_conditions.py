"""A condition of each type is known by its parts; any other is told with its place."""

from __future__ import annotations

import pytest

from stepsmith.definition.checks.conditions import check_conditions
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.references import Get, JsonGet

EQUALS = {"Type": "Equals", "LeftValue": Get("Parameters.P"), "RightValue": 1}
IN = {"Type": "In", "QueryValue": JsonGet("a", "f", "x.y"), "Values": [1, 2]}


def told(*conditions):
    findings = check_conditions(PipelineDefinition((Step("c", "Condition", {"Conditions": list(conditions)}),)))
    assert {(finding.code, finding.where) for finding in findings} <= {("DEF118", "steps.c")}
    return [finding.what for finding in findings]


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
    assert told(condition) == []


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ({**EQUALS, "Type": "Equal"}, "Conditions[0] is of no type that a condition has: 'Equal'"),
        ("Equals", "Conditions[0] is of no type that a condition has: None"),
        ({"Type": "Equals", "LeftValue": 1}, "Conditions[0], which is Equals, lacks RightValue"),
        ({**EQUALS, "Left": 1}, "Conditions[0], which is Equals, has no Left"),
        (
            {"Type": "Not", "Expression": {"Type": "?"}},
            "Conditions[0].Expression is of no type that a condition has: '?'",
        ),
        (
            {"Type": "Or", "Conditions": [EQUALS, 1]},
            "Conditions[0].Conditions[1] is of no type that a condition has: None",
        ),
        ({"Type": "Or", "Conditions": []}, "Conditions[0].Conditions is to be a list of conditions, and has none"),
    ],
)
def test_what_is_wrong_with_a_condition_is_told_with_its_place(condition, what):
    assert told(condition) == [what]


def test_a_condition_step_without_conditions_is_told_also_in_a_branch():
    inner = Step("inner", "Condition", {"IfSteps": []})
    outer = Step("outer", "Condition", {"Conditions": [EQUALS], "ElseSteps": [inner]})
    (finding,) = check_conditions(PipelineDefinition((outer,)))
    assert (finding.where, finding.what) == ("steps.inner", "Conditions is to be a list of conditions, and has none")
