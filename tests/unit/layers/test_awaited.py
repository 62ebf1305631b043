from __future__ import annotations

from types import SimpleNamespace

import pytest

from stepsmith import DummyTrainingConfig, DummyTrainingStepBuilder
from stepsmith.errors import ConfigError
from stepsmith.layers.awaited import Awaited, awaited_steps

# The shapes of what the SDK has; tests/sdk gives its own.


def on(outcome, step):
    name = step if isinstance(step, str) else step.name
    return SimpleNamespace(step=step, step_name=name, trigger=SimpleNamespace(value=outcome))


@pytest.fixture
def step(built):
    return built("prepare", train=())


def test_a_built_step_is_itself(step):
    assert awaited_steps([step]) == [Awaited("prepare", step)]


def test_of_a_step_that_was_handed_to_the_sdk_the_built_one_is_known_again(step):
    handed = SimpleNamespace(name="prepare", built_step=step)
    assert awaited_steps([handed]) == [Awaited("prepare", step)]


@pytest.mark.parametrize("stated", ["theirs", SimpleNamespace(name="theirs")])
def test_an_outcome_is_asked_of_a_step_or_of_its_name(stated):
    assert awaited_steps([on("Failed", stated)]) == [Awaited("theirs", trigger="Failed")]


def test_what_failed_fills_nothing_and_what_is_completed_does(step):
    handed = SimpleNamespace(name="prepare", built_step=step)
    assert awaited_steps([on("Failed", handed), on("Completed", handed)]) == [
        Awaited("prepare", trigger="Failed"),
        Awaited("prepare", step),
    ]


@pytest.mark.parametrize("given", ["prepare", SimpleNamespace(name="theirs"), 1])
def test_what_is_no_list_is_refused(given):
    with pytest.raises(ConfigError, match="STP214 dependencies are a list of steps") as caught:
        awaited_steps(given)
    assert "[step]" in caught.value.findings[0].fix


@pytest.mark.parametrize("given", ["prepare", None, SimpleNamespace(name=1), on("Failed", SimpleNamespace(name=None))])
def test_what_is_no_step_is_refused(given):
    with pytest.raises(ConfigError, match="STP214 a dependency is a step, with a name"):
        awaited_steps([given])


def test_of_a_value_the_step_is_asked_for():
    with pytest.raises(ConfigError, match="STP214") as caught:
        awaited_steps([SimpleNamespace(expr={"Get": "Steps.a.X"}, filler="x" * 1000)])
    assert "get_step" in caught.value.findings[0].fix
    assert len(caught.value.findings[0].what) < 200


def test_an_outcome_is_waited_for_even_where_the_step_is_read():
    config = DummyTrainingConfig(
        pretrained_model_path=SimpleNamespace(expr={"Get": "Steps.find.ModelArtifacts.S3ModelArtifacts"}),
        pipeline_s3_loc="s3://bucket/x",
        region="eu-west-1",
    )
    find = SimpleNamespace(name="find")
    built = DummyTrainingStepBuilder(config).create_step([find, on("Any", find), SimpleNamespace(name="b")])
    step = built.definition_step
    assert step.dependencies == (("b", None), ("find", "Any"))
    assert DummyTrainingStepBuilder(config).create_step([find]).definition_step.dependencies == ()
