from stepsmith.definition.checks import CHECKS, check
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get


def test_every_check_is_made_in_the_order_of_the_table():
    definition = PipelineDefinition(
        (Step("a b", "Processing", {"x": Get("Parameters.Q")}, ("c",)),), (Parameter("P"), Parameter("P"))
    )
    assert [finding.code for finding in check(definition)] == ["DEF101", "DEF102", "DEF110", "DEF111"]
    assert check(definition) == [finding for one in CHECKS for finding in one(definition)]


def test_a_definition_without_faults_has_no_findings():
    assert check(PipelineDefinition((Step("a", "Processing", {"x": Get("Parameters.P")}),), (Parameter("P"),))) == []


def test_steps_of_one_name_are_a_finding_wherever_they_stand():
    steps = tuple(Step(name, "Processing", {}) for name in ("b", "a", "a", "c", "b"))
    assert [(finding.code, finding.where) for finding in check(PipelineDefinition(steps))] == [
        ("DEF102", "steps.a"),
        ("DEF102", "steps.b"),
    ]
