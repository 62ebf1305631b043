from __future__ import annotations

from enum import Enum
from types import SimpleNamespace

import pytest

from stepsmith import DummyTrainingConfig, DummyTrainingStepBuilder, Get, Parameter
from stepsmith.build.dependencies import StepDependency, step_dependencies
from stepsmith.diagnostics import ConfigError

# The shapes of what the SDK has; tests/sdk gives its own.


def on(outcome, step):
    name = step if isinstance(step, str) else step.name
    return SimpleNamespace(step=step, step_name=name, trigger=SimpleNamespace(value=outcome))


@pytest.fixture
def step(built):
    return built("prepare", train=())


def test_a_built_step_is_itself(step):
    assert step_dependencies([step]) == [StepDependency("prepare", step)]


def test_of_a_step_that_was_handed_to_the_sdk_the_built_one_is_known_again(step):
    handed = SimpleNamespace(name="prepare", built_step=step)
    assert step_dependencies([handed]) == [StepDependency("prepare", step)]


@pytest.mark.parametrize("stated", ["theirs", SimpleNamespace(name="theirs")])
def test_an_outcome_is_asked_of_a_step_or_of_its_name(stated):
    assert step_dependencies([on("Failed", stated)]) == [StepDependency("theirs", trigger="Failed")]


def test_what_failed_fills_nothing_and_what_is_completed_does(step):
    handed = SimpleNamespace(name="prepare", built_step=step)
    assert step_dependencies([on("Failed", handed), on("Completed", handed), on("Completed", step)]) == [
        StepDependency("prepare", trigger="Failed"),
        StepDependency("prepare", step),
        StepDependency("prepare", step),
    ]


class Value:
    """As a value of the SDK's that a function returns."""

    def __repr__(self):
        return "Value()"

    def __iter__(self):
        raise NotImplementedError("not iterable")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("prepare", id="a name"),
        pytest.param(SimpleNamespace(name="theirs"), id="a step"),
        pytest.param(1, id="a number"),
        pytest.param(Value(), id="a value of the SDK"),
        pytest.param(Get("Steps.a.B"), id="a reference"),
    ],
)
def test_what_is_no_list_is_refused(expect_error, given):
    with expect_error("STP214", kind=ConfigError):
        step_dependencies(given)


class Outcome(Enum):
    FAILED = "Failed"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("prepare", id="a name"),
        pytest.param(None, id="none"),
        pytest.param(SimpleNamespace(name=1), id="a step whose name is a number"),
        pytest.param(on("Failed", SimpleNamespace(name=None)), id="an outcome of a step without a name"),
        pytest.param(Parameter("P"), id="a parameter"),
        pytest.param(Outcome.FAILED, id="an enum"),
    ],
)
def test_what_is_no_step_is_refused(expect_error, given):
    with expect_error("STP214", kind=ConfigError):
        step_dependencies([given])


def test_of_a_value_the_step_is_asked_for(expect_error):
    with expect_error("STP214", kind=ConfigError) as raised:
        step_dependencies([SimpleNamespace(name="P", expr={"Get": "Steps.a.X"}, filler="x" * 1000)])
    assert len(str(raised.value)) < 250


def test_an_outcome_is_waited_for_even_where_the_step_is_read():
    config = DummyTrainingConfig(
        pretrained_model_path=SimpleNamespace(expr={"Get": "Steps.find.ModelArtifacts.S3ModelArtifacts"}),
        pipeline_s3_loc="s3://bucket/x",
        region="eu-west-1",
    )
    find = SimpleNamespace(name="find")
    builder = DummyTrainingStepBuilder(config)

    def dependencies(*steps):
        return builder.create_step(steps).definition_step.dependencies

    assert dependencies(on("Any", find), SimpleNamespace(name="b")) == (("b", None), ("find", "Any"))
    assert dependencies(find) == ()
    # That both are asked for is told by a check of the definition.
    assert dependencies(find, on("Failed", find)) == (("find", None), ("find", "Failed"))


def test_an_outcome_that_no_step_has_is_refused_with_the_nearest(expect_error):
    with expect_error("STP214", kind=ConfigError):
        step_dependencies([on("failed", "find")])
