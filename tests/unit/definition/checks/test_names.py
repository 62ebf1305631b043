import pytest

from stepsmith.definition.checks.names import check_names, check_pipeline_name, check_step_name
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.parameters import Parameter

NO_STEP_NAMES = ["", "a b", "a.b", "a/b", "../a", "é", "a\n", "a" * 65]
NO_PIPELINE_NAMES = ["", "-a", "a-", "a_b", "a b", "a\n", "é", "a" * 257, "a" + "-" * 300 + "b"]
NO_PARAMETER_NAMES = ["", "a b", "a.b", "é", "a\n", "a" * 257]


def name_id(name):
    return repr(name) if len(name) < 65 else f"{len(name)} characters"


def text_of(finding, name):
    """What a finding says, in which a long name is replaced by its length."""
    return str(finding).replace(name, f"<{name_id(name)}>") if len(name) >= 65 else str(finding)


def definition(steps=("a",), parameters=()):
    return PipelineDefinition(
        tuple(Step(name, "Processing", {}) for name in steps), tuple(Parameter(name) for name in parameters)
    )


def codes(findings):
    return [(finding.code, finding.where) for finding in findings]


@pytest.mark.parametrize("name", ["a", "A-1_b", "-", "_", "9", "a" * 64], ids=name_id)
def test_a_step_name_that_the_service_takes_is_no_finding(name):
    assert check_step_name(name) == []
    assert check_names(definition([name])) == []


@pytest.mark.parametrize("name", NO_STEP_NAMES, ids=name_id)
def test_a_step_name_that_the_service_refuses_is_a_finding(snapshot, name):
    (finding,) = check_step_name(name)
    assert (finding.code, finding.where) == ("DEF101", f"steps.{name}")
    snapshot(text_of(finding, name))
    assert check_names(definition([name])) == [finding]


@pytest.mark.parametrize("name", ["a", "credit-risk", "a--b", "9", "a" * 256], ids=name_id)
def test_a_pipeline_name_that_the_service_takes_is_no_finding(name):
    assert check_pipeline_name(name) == []


@pytest.mark.parametrize("name", NO_PIPELINE_NAMES, ids=name_id)
def test_a_pipeline_name_that_the_service_refuses_is_a_finding(snapshot, name):
    (finding,) = check_pipeline_name(name)
    assert (finding.code, finding.where) == ("DEF101", "name")
    snapshot(text_of(finding, name))


@pytest.mark.parametrize("name", ["A", "a-b_c", "a" * 256], ids=name_id)
def test_a_parameter_name_that_the_service_takes_is_no_finding(name):
    assert check_names(definition(parameters=[name])) == []


@pytest.mark.parametrize("name", NO_PARAMETER_NAMES, ids=name_id)
def test_a_parameter_name_that_the_service_refuses_is_a_finding(snapshot, name):
    (finding,) = check_names(definition(parameters=[name]))
    assert (finding.code, finding.where) == ("DEF101", f"parameters.{name}")
    snapshot(text_of(finding, name))


def test_two_steps_of_one_name_are_one_finding_for_each_that_is_too_many(snapshot):
    found = check_names(definition(["a", "b", "a", "a"]))
    assert codes(found) == [("DEF102", "steps.a"), ("DEF102", "steps.a")]
    snapshot(found[0])


def test_two_parameters_of_one_name_are_a_finding(snapshot):
    (finding,) = check_names(definition(parameters=["P", "P"]))
    assert (finding.code, finding.where) == ("DEF102", "parameters.P")
    snapshot(finding)


def test_a_step_and_a_parameter_may_share_a_name():
    assert check_names(definition(["a"], ["a"])) == []


def test_all_faults_of_all_names_are_found_at_once():
    found = codes(check_names(definition(["a b", "c", "c"], ["P", "p.q", "P"])))
    assert found == [
        ("DEF101", "steps.a b"),
        ("DEF102", "steps.c"),
        ("DEF101", "parameters.p.q"),
        ("DEF102", "parameters.P"),
    ]
