import pytest

from stepsmith.definition.assets import Asset, Compiled
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get, Join
from stepsmith.diagnostics import DefinitionError, FaultsError, RunError
from stepsmith.local.preflight import LOCAL_ROLE, check_runnable, parameter_values

COUNT, DRY, ROLE = Parameter("Count", "Integer"), Parameter("Dry", "Boolean"), Parameter("Role", "String")


def admit(*steps, assets=()):
    check_runnable(PipelineDefinition(steps), Compiled("p", "{}", assets))


def step(**arguments):
    return Step("first", "Processing", arguments)


def values(*parameters, given=None, **arguments):
    return parameter_values(PipelineDefinition((step(**arguments),), parameters), given or {})


def test_a_definition_that_can_run_is_admitted():
    admit(
        step(),
        Step("second", "RegisterModel", {}, depends_on=("first",)),
        assets=[Asset("s3://b/c/", "d", (), ("pytest",))],
    )


def test_a_step_type_that_does_not_run_here_is_refused_with_those_that_do(expect_error):
    with expect_error("RUN001", "steps.train", kind=RunError):
        admit(step(), Step("train", "Training", {}))


def test_a_step_that_waits_for_another_to_fail_is_refused(expect_error):
    tell = Step("tell", "Processing", {}, depends_on=("one", "two"), triggers=("Failed", "Completed"))
    one, two = (Step(name, "Processing", {}) for name in ("one", "two"))
    with expect_error("RUN007", "steps.tell"):
        admit(one, two, tell)


def test_all_reasons_are_told_together(expect_error):
    broken = Step("broken", "Processing", {"A": Get("Parameters.B")}, depends_on=("nobody",))
    assets = [Asset("s3://bucket/code/", "code", (), ("no_such_package",))]
    reasons = [
        ("DEF110", "steps.broken.Arguments.A"),
        ("DEF111", "steps.broken"),
        ("RUN001", "steps.train"),
        ("RUN002",),
    ]
    with expect_error(reasons, kind=FaultsError):
        admit(broken, Step("train", "Training", {}), assets=assets)


@pytest.mark.parametrize("name", ["no_such_package.part", "json.no_such_part", "json.decoder.no_such_part"])
def test_a_package_that_is_not_there_is_refused(expect_error, name):
    with expect_error("RUN002", kind=RunError):
        admit(step(), assets=[Asset("s3://bucket/code/", "code", (), (name,))])


def test_a_parameter_has_the_value_that_is_given_or_else_its_default():
    default = Parameter("Text", "String", "as written")
    assert values(COUNT, default, given={"Count": 7}) == {"Count": 7, "Text": "as written"}
    assert values(COUNT, default, given={"Count": 7, "Text": "other"}) == {"Count": 7, "Text": "other"}


@pytest.mark.parametrize(
    ("given", "code", "where"),
    [
        pytest.param({}, "DEF013", "Count", id="missing"),
        pytest.param({"Count": None}, "DEF013", "Count", id="null"),
        pytest.param({"Count": "7"}, "DEF011", "Count", id="text"),
        pytest.param({"Count": True}, "DEF011", "Count", id="a switch"),
        pytest.param({"Count": 1, "Cuont": 2}, "DEF110", "Cuont", id="unknown"),
    ],
)
def test_parameters_that_are_missing_unknown_or_of_another_type_are_refused(expect_error, given, code, where):
    with expect_error(code, where, kind=DefinitionError):
        values(COUNT, given=given)


def test_all_faults_of_the_parameters_are_told_at_once_the_unknown_first_as_they_are_given(expect_error):
    unknown = [("DEF110", name) for name in ("P3", "P1", "Duont", "P2")]
    with expect_error([*unknown, ("DEF013", "Count"), ("DEF011", "Dry")], kind=FaultsError):
        values(COUNT, DRY, given={"P3": 1, "P1": 1, "Duont": 1, "P2": 1, "Dry": "yes"})


def test_a_parameter_that_only_names_a_role_need_not_be_given():
    assert values(ROLE, RoleArn=Get("Parameters.Role")) == {"Role": LOCAL_ROLE}
    assert values(ROLE, given={"Role": "arn:given"}, RoleArn=Get("Parameters.Role")) == {"Role": "arn:given"}


@pytest.mark.parametrize(
    "elsewhere",
    [{"R": Get("Parameters.Role")}, {"R": Join("", ["x", Get("Parameters.Role")])}, {}],
    ids=["read elsewhere", "joined elsewhere", "read nowhere"],
)
def test_a_parameter_that_is_read_elsewhere_too_or_nowhere_must_be_given(expect_error, elsewhere):
    arguments = {"RoleArn": Get("Parameters.Role"), "Environment": {"R": elsewhere}} if elsewhere else {}
    with expect_error("DEF013", "Role", kind=DefinitionError):
        values(ROLE, **arguments)
