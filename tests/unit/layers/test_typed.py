from __future__ import annotations

from types import SimpleNamespace

import pytest

from stepsmith import DummyTrainingConfig, Get, OutputSpec
from stepsmith.errors import ConfigError, DefinitionError, FaultsError, StepError


def test_a_misspelt_field_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match=r"did you mean 'pretrained_model_path'\?") as caught:
        DummyTrainingConfig(pretrained_model_pth="m.tgz")
    assert caught.value.findings[0].where == "pretrained_model_pth"


def test_all_faults_of_a_config_are_told_at_once():
    with pytest.raises(FaultsError) as caught:
        DummyTrainingConfig(instance_count=0, volume_size_gb="big", sha256="x")
    assert [finding.where for finding in caught.value.findings] == ["instance_count", "volume_size_gb", "sha256"]


def test_a_union_is_told_once_and_without_pydantics_labels():
    with pytest.raises(ConfigError) as caught:
        DummyTrainingConfig(instance_count=[1])
    assert caught.value.findings[0].where == "instance_count"
    assert "Reference" not in str(caught.value)


def test_a_missing_field_is_named():
    with pytest.raises(StepError, match="set logical_name"):
        OutputSpec()


def test_a_reference_is_admitted_and_serialised_as_the_service_writes_it():
    config = DummyTrainingConfig(pretrained_model_path=Get("Parameters.Model"), instance_count=Get("Parameters.N"))
    assert '"pretrained_model_path":{"Get":"Parameters.Model"}' in config.model_dump_json()


def test_what_people_type_is_frozen():
    config = DummyTrainingConfig(pretrained_model_path="m.tgz")
    with pytest.raises(ValueError, match="frozen"):
        config.pretrained_model_path = "other"


@pytest.mark.parametrize("given", ["ml.m5.large", 5])
def test_one_value_where_a_list_is_wanted_is_told_as_the_list_to_write(given):
    with pytest.raises(ConfigError, match="a list is wanted") as caught:
        DummyTrainingConfig(subnets=given)
    assert caught.value.findings[0].fix == f"write a list: [{given}]"


def test_a_reference_where_none_can_stand_is_told_so():
    with pytest.raises(ConfigError, match="known before the pipeline executes"):
        DummyTrainingConfig(compress=Get("Parameters.C"))


def test_a_variable_of_the_sdk_is_a_reference_and_one_that_cannot_be_read_names_its_field():
    variable = SimpleNamespace(expr={"Get": "Parameters.Model"})
    assert DummyTrainingConfig(pretrained_model_path=variable).pretrained_model_path == Get("Parameters.Model")
    assert DummyTrainingConfig(env={"A": variable}).env == {"A": Get("Parameters.Model")}
    with pytest.raises(ConfigError, match=r"compress: this must be known before the pipeline executes"):
        DummyTrainingConfig(compress=variable)
    with pytest.raises(DefinitionError, match=r"DEF023 pretrained_model_path"):
        DummyTrainingConfig(pretrained_model_path=SimpleNamespace(expr={"Std:Joined": {}}))


def test_a_field_of_any_name_is_refused_as_a_field():
    with pytest.raises(ConfigError, match="'self' is no field here"):
        DummyTrainingConfig(self=1)
