from __future__ import annotations

import pytest

from stepsmith import (
    DummyTrainingConfig,
    DummyTrainingStepBuilder,
    Get,
)
from stepsmith.diagnostics import ConfigError

SHARED = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x", "role": "arn:role"}


@pytest.mark.parametrize(
    ("half", "missing"),
    [({"subnets": ["s"]}, "security_group_ids"), ({"security_group_ids": ["g"]}, "subnets")],
    ids=["no security groups", "no subnets"],
)
def test_half_a_vpc_is_refused_and_the_other_half_may_be_shared(expect_error, request_of, model_archive, half, missing):
    with expect_error("STP212", missing, kind=ConfigError):
        request_of(**half)
    config = DummyTrainingConfig(pretrained_model_path=str(model_archive()), **SHARED, **half)
    whole = config.with_shared({"subnets": ("s",), "security_group_ids": ("g",)})
    vpc = DummyTrainingStepBuilder(whole).create_step().definition_step.arguments["NetworkConfig"]["VpcConfig"]
    assert vpc == {"SecurityGroupIds": ["g"], "Subnets": ["s"]}


@pytest.mark.parametrize("count", [2, Get("Parameters.Count")], ids=["a number", "a reference"])
def test_more_than_one_instance_is_refused_where_all_would_write_one_key(expect_error, request_of, count):
    with expect_error("STP206", "instance_count", kind=ConfigError):
        request_of(instance_count=count)


def test_an_environment_value_that_the_service_refuses_is_refused(expect_error, request_of):
    with expect_error("STP208", "env.LONG", kind=ConfigError):
        request_of(env={"LONG": "x" * 257})


@pytest.mark.parametrize("name", ["A-B", "1A", "A B", pytest.param("", id="empty")])
def test_an_environment_variable_that_is_none_is_refused(expect_error, request_of, name):
    with expect_error("STP213", f"env.{name}", kind=ConfigError):
        request_of(env={name: "x"})


def test_a_required_environment_variable_must_be_set(expect_error, model_archive):
    contract = DummyTrainingStepBuilder.specification.script_contract.model_copy(
        update={"required_env_vars": ("TOKEN_FILE",)}
    )

    class Builder(DummyTrainingStepBuilder):
        specification = DummyTrainingStepBuilder.specification.model_copy(update={"script_contract": contract})

    config = DummyTrainingConfig(pretrained_model_path=str(model_archive()), **SHARED)
    with expect_error("STP207", "env", kind=ConfigError):
        Builder(config).create_step()
    assert Builder(config.with_shared({"env": {"TOKEN_FILE": "/x"}})).create_step().name == "DummyTraining"


def test_describing_a_step_writes_nothing(request_of, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    request_of()
    assert sorted(path for path in tmp_path.rglob("*") if path.name != "model.tar.gz") == before
