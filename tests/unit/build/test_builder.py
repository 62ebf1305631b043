from __future__ import annotations

from types import SimpleNamespace

import pytest

from stepsmith import (
    DummyTrainingConfig,
    DummyTrainingStepBuilder,
    Get,
    Join,
    ModelPackagingConfig,
    PayloadConfig,
    PayloadStepBuilder,
    UnifiedDependencyResolver,
)
from stepsmith.diagnostics import ConfigError, Faults, FaultsError, ResolutionError
from stepsmith.resolve.resolver import ALIAS, Source

SHARED = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x"}


@pytest.fixture
def dummy(model_archive):
    def make(**config):
        config = {"pretrained_model_path": str(model_archive()), **SHARED, **config}
        return DummyTrainingStepBuilder(DummyTrainingConfig(**config))

    return make


def test_a_step_is_named_by_its_type_unless_it_is_given_a_name(dummy):
    assert dummy().create_step().name == "DummyTraining"
    assert dummy().create_step(step_name="model").name == "model"


def test_a_step_keeps_its_specification(dummy):
    assert dummy().create_step().specification is DummyTrainingStepBuilder.specification


def test_a_dependency_that_hands_on_no_data_becomes_depends_on(dummy, built):
    assert dummy().create_step([built("prepare", train=())]).definition_step.depends_on == ("prepare",)


def test_a_dependency_whose_data_are_read_needs_no_depends_on(built):
    step = PayloadStepBuilder(PayloadConfig(**SHARED)).create_step([built("prepare", test=("samples",))])
    assert step.definition_step.depends_on == ()
    assert step.sources["samples"].rule == "alias"


def test_an_sdk_step_is_recognised_by_its_shape(dummy):
    sdk_step = SimpleNamespace(name="sdk-step", properties=SimpleNamespace())
    assert dummy().create_step([sdk_step]).definition_step.depends_on == ("sdk-step",)


def test_a_reference_or_a_variable_of_the_sdk_fills_the_input_that_it_is_wired_to():
    found = Get("Steps.find.ModelArtifacts.S3ModelArtifacts")
    builder = DummyTrainingStepBuilder(DummyTrainingConfig(**SHARED))
    for wired in (found, SimpleNamespace(expr={"Get": found.path})):
        step = builder.create_step(inputs={"pretrained_model_path": wired})
        assert step.definition_step.arguments["ProcessingInputs"][0]["S3Input"]["S3Uri"] == found
        assert step.provenance == {"source": found.path}


def test_a_parameter_of_the_sdk_fits_where_it_stands(dummy):
    number = SimpleNamespace(expr={"Get": "Parameters.N"}, parameter_type=SimpleNamespace(value="Integer"))
    step = dummy(env={"N": number}, max_runtime_seconds=number, tags={"n": number}).create_step()
    arguments = step.definition_step.arguments
    n = Get("Parameters.N")
    assert arguments["Environment"]["N"] == arguments["Tags"][0]["Value"] == Join("", [n])
    assert arguments["StoppingCondition"] == {"MaxRuntimeInSeconds": n}


def test_what_fills_an_input_may_be_known_already(built):
    builder = PayloadStepBuilder(PayloadConfig(**SHARED))
    between, prepare = built("between", other=()), built("prepare", test=("samples",))
    source = Source(ALIAS, prepare, prepare.specification.outputs[0])
    step = builder.create_step([between], sources={"samples": source})
    assert step.sources == {"samples": source}
    assert step.definition_step.depends_on == ("between",)


def test_a_step_is_built_as_far_as_it_can_be_when_its_errors_are_collected(tmp_path):
    builder = PayloadStepBuilder(PayloadConfig(samples="nowhere", instance_count=2, **SHARED), base_dir=tmp_path)
    faults = Faults()
    step = builder.create_step(faults=faults)
    assert [error.code for error in faults.errors] == ["STP206", "STP230"]
    assert step.definition_step.arguments["RoleArn"] == Get("Parameters.ExecutionRole")
    assert not step.is_unfinished


def test_the_role_is_the_configs_or_the_builders_or_a_parameter(model_archive):
    config = DummyTrainingConfig(pretrained_model_path=str(model_archive()), **SHARED)

    def role(**more):
        builder = DummyTrainingStepBuilder(config.with_shared({"role": more.pop("own", None)}), **more)
        return builder.create_step().definition_step.arguments["RoleArn"]

    assert role() == Get("Parameters.ExecutionRole")
    assert role(role="arn:builder") == "arn:builder"
    assert role(role="arn:builder", own="arn:config") == "arn:config"


def test_what_callers_of_the_sdk_pass_is_accepted(model_archive):
    config = DummyTrainingConfig(pretrained_model_path=str(model_archive()), **SHARED)
    builder = DummyTrainingStepBuilder(
        config, sagemaker_session=object(), role="arn:r", notebook_root="/x", registry_manager=None,
        dependency_resolver=UnifiedDependencyResolver(),
    )  # fmt: skip
    assert builder.create_step(dependencies=[], step_name="model").name == "model"


def test_a_config_of_another_step_is_refused(expect_error):
    with expect_error("STP203", kind=ConfigError):
        DummyTrainingStepBuilder(ModelPackagingConfig(code="x"))


def test_all_faults_of_a_step_are_told_at_once(expect_error):
    config = DummyTrainingConfig(instance_count=2)
    found = [
        ("RES001", "pretrained_model_path"), ("STP204", "pipeline_s3_loc"), ("STP210", "image_uri"),
        ("STP206", "instance_count"),
    ]  # fmt: skip
    with expect_error(found, kind=FaultsError):
        DummyTrainingStepBuilder(config).create_step()


def test_an_input_that_nothing_fills_is_a_value_error(expect_error):
    with expect_error("RES001", "pretrained_model_path", kind=ResolutionError) as raised:
        DummyTrainingStepBuilder(DummyTrainingConfig(**SHARED)).create_step()
    assert isinstance(raised.value, ValueError)


def test_cache_and_retry_become_the_services_own(dummy):
    step = dummy(
        cache={"expire_after": "P30D"}, retry=[{"exception_types": ["Step.THROTTLING"], "max_attempts": 3}]
    ).create_step()
    assert (step.definition_step.cache.enabled, step.definition_step.cache.expire_after) == (True, "P30D")
    assert step.definition_step.retry_policies[0].max_attempts == 3
