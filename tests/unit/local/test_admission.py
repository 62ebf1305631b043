import json

import pytest

from stepsmith.definition.assets import Asset, Compiled
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get, Join
from stepsmith.errors import DefinitionError, FaultsError, RunError, StepsmithError
from stepsmith.local.admission import LOCAL_ROLE, parameter_values, refuse_unrunnable

COUNT, DRY, ROLE = Parameter("Count", "Integer"), Parameter("Dry", "Boolean"), Parameter("Role", "String")


def refused(*steps, assets=()):
    with pytest.raises(StepsmithError) as caught:
        refuse_unrunnable(PipelineDefinition(steps), Compiled("p", json.dumps({}), assets))
    return caught.value


def step(**arguments):
    return Step("first", "Processing", arguments)


def values(*parameters, given=None, **arguments):
    return parameter_values(PipelineDefinition((step(**arguments),), parameters), given or {})


def test_a_definition_that_can_run_is_admitted():
    steps = (step(), Step("second", "RegisterModel", {}, depends_on=("first",)))
    refuse_unrunnable(PipelineDefinition(steps), Compiled("p", "{}", (Asset("s3://b/c/", "d", (), ("pytest",)),)))


def test_a_step_type_that_does_not_run_here_is_refused_with_those_that_do():
    (finding,) = refused(step(), Step("train", "Training", {})).findings
    assert (finding.code, finding.where) == ("RUN001", "steps.train")
    assert "Training" in finding.what
    assert "Processing, RegisterModel" in finding.fix


def test_a_step_that_waits_for_another_to_fail_is_refused():
    tell = Step("tell", "Processing", {}, depends_on=("one", "two"), triggers=("Failed", "Completed"))
    one, two = (Step(name, "Processing", {}) for name in ("one", "two"))
    (finding,) = refused(one, two, tell).findings
    assert (finding.code, finding.where) == ("RUN007", "steps.tell")
    assert "'one' ends as Failed" in finding.what


def test_all_reasons_are_told_together():
    broken = Step("broken", "Processing", {"A": Get("Parameters.B")}, depends_on=("nobody",))
    assets = [Asset("s3://bucket/code/", "code", (), ("no_such_package",))]
    error = refused(broken, Step("train", "Training", {}), assets=assets)
    assert isinstance(error, FaultsError)
    assert [finding.code for finding in error.findings] == ["DEF110", "DEF111", "RUN001", "RUN002"]


@pytest.mark.parametrize("name", ["no_such_package.part", "json.no_such_part", "json.decoder.no_such_part"])
def test_a_package_that_is_not_there_is_refused(name):
    error = refused(step(), assets=[Asset("s3://bucket/code/", "code", (), (name,))])
    assert isinstance(error, RunError)
    assert error.code == "RUN002"


def test_a_parameter_has_the_value_that_is_given_or_else_its_default():
    default = Parameter("Text", "String", "as written")
    assert values(COUNT, default, given={"Count": 7}) == {"Count": 7, "Text": "as written"}
    assert values(COUNT, default, given={"Count": 7, "Text": "other"}) == {"Count": 7, "Text": "other"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "DEF013"),
        ({"Count": None}, "DEF013"),
        ({"Count": "7"}, "DEF011"),
        ({"Count": True}, "DEF011"),
        ({"Count": 1, "Cuont": 2}, "DEF110"),
    ],
)
def test_parameters_that_are_missing_unknown_or_of_another_type_are_refused(given, code):
    with pytest.raises(DefinitionError) as caught:
        values(COUNT, given=given)
    assert caught.value.code == code


def test_all_faults_of_the_parameters_are_told_at_once_the_unknown_first_as_they_are_given():
    given = {"P3": 1, "P1": 1, "Duont": 1, "P2": 1, "Dry": "yes"}
    with pytest.raises(FaultsError) as caught:
        values(COUNT, DRY, given=given)
    assert [(finding.code, finding.where) for finding in caught.value.findings] == [
        *(("DEF110", name) for name in ("P3", "P1", "Duont", "P2")),
        ("DEF013", "Count"),
        ("DEF011", "Dry"),
    ]


def test_a_parameter_that_only_names_a_role_need_not_be_given():
    assert values(ROLE, RoleArn=Get("Parameters.Role")) == {"Role": LOCAL_ROLE}
    assert values(ROLE, given={"Role": "arn:given"}, RoleArn=Get("Parameters.Role")) == {"Role": "arn:given"}


@pytest.mark.parametrize(
    "elsewhere", [{"R": Get("Parameters.Role")}, {"R": Join("", ["x", Get("Parameters.Role")])}, {}]
)
def test_a_parameter_that_is_read_elsewhere_too_or_nowhere_must_be_given(elsewhere):
    arguments = {"RoleArn": Get("Parameters.Role"), "Environment": {"R": elsewhere}} if elsewhere else {}
    with pytest.raises(DefinitionError, match="DEF013"):
        values(ROLE, **arguments)
