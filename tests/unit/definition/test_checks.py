from stepsmith.definition.checks import CHECKS, STRUCTURE, check, errors_in
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get

FAULTY = PipelineDefinition(
    (Step("a b", "Fail", {"ErrorMessage": Get("Parameters.Q")}, ("c",)),),
    (Parameter("P"), Parameter("P", default="AKIA" + "IOSFODNN7EXAMPLE")),
)


def test_every_check_is_made_in_the_order_of_the_table():
    assert [finding.code for finding in check(FAULTY)] == ["DEF101", "DEF102", "DEF110", "DEF111", "DEF170"]
    assert check(FAULTY) == [finding for one in CHECKS for finding in one(FAULTY)]


def test_a_warning_is_no_fault():
    assert [finding.code for finding in errors_in(FAULTY)] == ["DEF101", "DEF102", "DEF110", "DEF111"]


def test_what_only_the_service_minds_is_not_minded_by_an_engine():
    lacking = PipelineDefinition((Step("a", "Processing", {"x": 1}),))
    assert [finding.code for finding in check(lacking, STRUCTURE)] == []
    assert {finding.code for finding in check(lacking)} == {"DEF130", "DEF131"}


def test_a_definition_without_faults_has_no_findings():
    arguments = {"ErrorMessage": Get("Parameters.P")}
    assert check(PipelineDefinition((Step("a", "Fail", arguments),), (Parameter("P"),))) == []


def test_steps_of_one_name_are_a_finding_wherever_they_stand():
    steps = tuple(Step(name, "Fail", {"ErrorMessage": "x"}) for name in ("b", "a", "a", "c", "b"))
    assert [(finding.code, finding.where) for finding in check(PipelineDefinition(steps))] == [
        ("DEF102", "steps.a"),
        ("DEF102", "steps.b"),
    ]
