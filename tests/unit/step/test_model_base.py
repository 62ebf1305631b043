from __future__ import annotations

from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from stepsmith import DummyTrainingConfig, Get, OutputSpec
from stepsmith.diagnostics import ConfigError, DefinitionError, FaultsError, StepError


def test_a_misspelt_field_is_refused_with_the_nearest(expect_error):
    with expect_error("STP201", "pretrained_model_pth", kind=ConfigError):
        DummyTrainingConfig(pretrained_model_pth="m.tgz")


def test_all_faults_of_a_config_are_told_at_once(expect_error):
    fields = {"instance_count": 0, "volume_size_gb": "big", "sha256": "x"}
    with expect_error([("STP201", field) for field in fields], kind=FaultsError):
        DummyTrainingConfig(**fields)


def test_a_union_is_told_once_and_without_pydantics_labels(expect_error):
    with expect_error("STP201", "instance_count", kind=ConfigError):
        DummyTrainingConfig(instance_count=[1])


def test_a_missing_field_is_named(expect_error):
    with expect_error("STP001", "logical_name", kind=StepError):
        OutputSpec()


def test_a_reference_is_admitted_and_serialised_as_the_service_writes_it():
    config = DummyTrainingConfig(pretrained_model_path=Get("Parameters.Model"), instance_count=Get("Parameters.N"))
    assert '"pretrained_model_path":{"Get":"Parameters.Model"}' in config.model_dump_json()


def test_what_people_type_is_frozen():
    config = DummyTrainingConfig(pretrained_model_path="m.tgz")
    with pytest.raises(ValidationError) as raised:
        config.pretrained_model_path = "other"
    (error,) = raised.value.errors()
    assert (error["type"], error["loc"]) == ("frozen_instance", ("pretrained_model_path",))


@pytest.mark.parametrize("given", ["ml.m5.large", 5])
def test_one_value_where_a_list_is_wanted_is_told_as_the_list_to_write(expect_error, given):
    with expect_error("STP201", "subnets", kind=ConfigError):
        DummyTrainingConfig(subnets=given)


def test_a_reference_where_none_can_stand_is_told_so(expect_error):
    with expect_error("STP201", "compress", kind=ConfigError):
        DummyTrainingConfig(compress=Get("Parameters.C"))


def test_a_variable_of_the_sdk_is_a_reference_and_one_that_cannot_be_read_names_its_field(expect_error):
    variable = SimpleNamespace(expr={"Get": "Parameters.Model"})
    assert DummyTrainingConfig(pretrained_model_path=variable).pretrained_model_path == Get("Parameters.Model")
    assert DummyTrainingConfig(env={"A": variable}).env == {"A": Get("Parameters.Model")}
    with expect_error("STP201", "compress", kind=ConfigError):
        DummyTrainingConfig(compress=variable)
    with expect_error("DEF023", "pretrained_model_path", kind=DefinitionError):
        DummyTrainingConfig(pretrained_model_path=SimpleNamespace(expr={"Std:Joined": {}}))


def test_a_field_of_any_name_is_refused_as_a_field(expect_error):
    with expect_error("STP201", "self", kind=ConfigError):
        DummyTrainingConfig(self=1)
