from __future__ import annotations

import pytest

from stepsmith import DummyTrainingConfig, ModelRegistrationConfig, ProcessingStepConfigBase
from stepsmith.diagnostics import ConfigError
from stepsmith.step.config import BasePipelineConfig, CacheSettings, RetrySettings


def test_the_declared_defaults_of_dummy_training_hold():
    config = DummyTrainingConfig(pretrained_model_path="m.tgz")
    assert (config.instance_type, config.instance_count, config.volume_size_gb, config.max_runtime_seconds) == (
        "ml.m5.large",
        1,
        30,
        1200,
    )


def test_what_a_config_sets_is_kept_and_the_rest_comes_from_what_is_shared():
    config = DummyTrainingConfig(instance_type="ml.c5.xlarge")
    effective = config.with_shared({"instance_type": "ml.t3.medium", "volume_size_gb": 5, "max_runtime_seconds": 60})
    assert (effective.instance_type, effective.volume_size_gb, effective.max_runtime_seconds) == ("ml.c5.xlarge", 5, 60)


def test_tags_and_environment_are_added_to_the_shared_ones():
    config = DummyTrainingConfig(tags={"team": "b", "own": "x"})
    effective = config.with_shared({"tags": {"team": "a", "cost": "1"}, "env": {"A": "1"}})
    assert (effective.tags, effective.env) == ({"team": "b", "cost": "1", "own": "x"}, {"A": "1"})


def test_a_shared_processing_image_never_becomes_the_image_that_serves():
    config = ModelRegistrationConfig(group="g", image_uri="serve:1", instance_types=["ml.m5.large"])
    assert config.with_shared({"image_uri": "process:1", "region": "eu-west-1"}).image_uri == "serve:1"


def test_what_is_shared_and_no_field_of_the_config_is_passed_over():
    config = ModelRegistrationConfig(group="g", image_uri="serve:1", instance_types=["ml.m5.large"])
    assert config.with_shared({"volume_size_gb": 5}) == config


@pytest.mark.parametrize("written", ["bucket/prefix", "s3://", "s3://UPPER/x", "https://bucket", "s3://b/ x"])
def test_a_location_that_is_none_is_refused(expect_error, written):
    with expect_error("STP201", "pipeline_s3_loc", kind=ConfigError):
        BasePipelineConfig(pipeline_s3_loc=written)


def test_a_location_loses_the_slash_at_its_end():
    assert BasePipelineConfig(pipeline_s3_loc="s3://bucket/prefix/").pipeline_s3_loc == "s3://bucket/prefix"


@pytest.mark.parametrize("duration", ["P30D", "PT12H", "p1y", "T12H", "30D", "P1W"])
def test_a_cache_takes_a_duration(duration):
    assert CacheSettings(expire_after=duration).enabled


@pytest.mark.parametrize("duration", [pytest.param("", id="empty"), "P", "thirty days", "30"])
def test_a_cache_refuses_what_is_no_duration(expect_error, duration):
    with expect_error("STP201", "expire_after", kind=ConfigError):
        CacheSettings(expire_after=duration)


def test_a_cache_can_be_a_switch():
    assert BasePipelineConfig(cache=False).cache == CacheSettings(enabled=False)


@pytest.mark.parametrize("ends", [{}, {"max_attempts": 2, "expire_after_min": 5}], ids=["no end", "two ends"])
def test_a_retry_has_one_end(expect_error, ends):
    with expect_error("STP201", kind=ConfigError):
        RetrySettings(exception_types=["Step.THROTTLING"], **ends)


@pytest.mark.parametrize(
    ("field", "value"),
    [("instance_type", "m5.large"), ("instance_count", 101), ("volume_size_gb", 0), ("max_runtime_seconds", 777601)],
)
def test_what_the_service_bounds_is_bounded(expect_error, field, value):
    with expect_error("STP201", field, kind=ConfigError):
        ProcessingStepConfigBase(**{field: value})


def test_a_config_without_a_script_has_no_contract():
    assert BasePipelineConfig.get_script_contract() is None
    assert DummyTrainingConfig.get_script_contract().entry_point == "dummy_training.py"
