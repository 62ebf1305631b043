from __future__ import annotations

import pytest

from stepsmith import PAYLOAD_CONTRACT, Get, PayloadConfig, PayloadStepBuilder
from stepsmith.diagnostics import ConfigError, ResolutionError

SHARED = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x"}


def test_the_declared_defaults_hold():
    config = PayloadConfig()
    assert (config.samples, config.content_types, config.count) == (None, ("text/csv",), 5)
    assert config.get_script_contract() is PAYLOAD_CONTRACT


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        pytest.param({"content_types": ["image/png"]}, "content_types[0]", id="unknown content type"),
        pytest.param({"content_types": ["text/csv", "text/csv"]}, "content_types", id="content type twice"),
        pytest.param({"content_types": []}, "content_types", id="no content type"),
        pytest.param({"count": 0}, "count", id="count 0"),
        pytest.param({"count": 1001}, "count", id="count 1001"),
    ],
)
def test_requests_that_cannot_be_made_are_refused(wrong, where, expect_error):
    with expect_error("STP201", where, kind=ConfigError):
        PayloadConfig(**wrong)


def samples_of(step):
    return step.definition_step.arguments["ProcessingInputs"][0]["S3Input"]["S3Uri"]


def test_samples_come_from_the_test_split_where_the_user_gives_none(built):
    prepare = built("prepare", train=(), test=("samples",))
    step = PayloadStepBuilder(PayloadConfig(**SHARED)).create_step([prepare])
    assert samples_of(step) == Get("Steps.prepare.ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri")


def test_the_users_own_samples_go_before_the_test_split(built, tmp_path):
    (tmp_path / "own.csv").write_text("a\n1\n")
    builder = PayloadStepBuilder(PayloadConfig(samples="own.csv", **SHARED), base_dir=tmp_path)
    step = builder.create_step([built("prepare", test=("samples",))])
    assert samples_of(step).startswith("s3://bucket/x/payload/input/")
    assert step.definition_step.depends_on == ("prepare",)


def test_no_samples_are_an_error(expect_error):
    with expect_error("RES001", "samples", kind=ResolutionError):
        PayloadStepBuilder(PayloadConfig(**SHARED)).create_step()


def test_content_types_are_one_argument(tmp_path):
    (tmp_path / "own.csv").write_text("a\n1\n")
    config = PayloadConfig(samples="own.csv", content_types=["text/csv", "application/json"], count=3, **SHARED)
    step = PayloadStepBuilder(config, base_dir=tmp_path).create_step()
    arguments = step.definition_step.arguments["AppSpecification"]["ContainerArguments"]
    assert arguments[2:6] == ["--content-types", "text/csv,application/json", "--count", "3"]
