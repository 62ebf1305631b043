from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from stepsmith import (
    DUMMY_TRAINING_CONTRACT,
    DummyTrainingConfig,
    DummyTrainingStep,
    DummyTrainingStepBuilder,
    Get,
    Join,
)
from stepsmith.definition.assets import AssetObject, RemoteSource
from stepsmith.diagnostics import ConfigError, MissingFileError

SHARED = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x"}
EXPECTED = "EXPECTED_MODEL_SHA256"
ON_S3 = "s3://other-bucket/models/best.tar.gz"


def test_constructing_a_config_never_touches_the_disk():
    assert DummyTrainingConfig(pretrained_model_path="/no/such/model.tgz").pretrained_model_path


def test_a_path_object_is_admitted():
    assert DummyTrainingConfig(pretrained_model_path=Path("m.tgz")).pretrained_model_path == Path("m.tgz")


@pytest.mark.parametrize("digest", ["A" * 64, "a" * 63, "g" * 64], ids=["upper case", "too short", "not hex"])
def test_a_digest_is_lower_case_hex(digest, expect_error):
    with expect_error("STP201", "sha256", kind=ConfigError):
        DummyTrainingConfig(sha256=digest)


def test_the_contract_is_the_steps_own():
    assert DummyTrainingConfig.get_script_contract() is DUMMY_TRAINING_CONTRACT


def model_input(step):
    return step.definition_step.arguments["ProcessingInputs"][0]["S3Input"]["S3Uri"]


def test_the_registry_knows_the_builder_by_its_other_name():
    assert DummyTrainingStep is DummyTrainingStepBuilder


@pytest.mark.parametrize("name", ["model.tar.gz", "best model (2).tgz", "weights"])
def test_a_local_archive_of_any_name_is_uploaded_as_model_tar_gz_under_its_digest(build, model_archive, name):
    model = model_archive(name)
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    step = build(name)
    (asset,) = [asset for asset in step.assets if asset.digest == digest]
    assert model_input(step) == asset.uri == f"s3://bucket/x/dummy_training/input/{digest}/"
    assert [asset.object_uri(item) for item in asset.objects] == [f"{asset.uri}model.tar.gz"]
    assert b"".join(asset.objects[0].chunks()) == model.read_bytes()
    assert step.definition_step.arguments["Environment"] == {EXPECTED: digest}
    assert step.provenance == {"source": name, "source_sha256": digest, "package_sha256": digest}


def test_an_object_on_s3_of_which_the_digest_is_stated_is_an_asset_that_is_there_already(build):
    step = build(ON_S3, sha256="a" * 64)
    asset = step.assets[-1]
    assert model_input(step) == asset.uri == f"s3://bucket/x/dummy_training/input/{'a' * 64}/"
    assert asset.objects == (AssetObject("model.tar.gz", "a" * 64, None, RemoteSource(ON_S3)),)
    assert step.definition_step.arguments["Environment"] == {EXPECTED: "a" * 64}
    assert step.provenance == {"source": ON_S3, "source_sha256": "a" * 64, "package_sha256": "a" * 64}


def test_an_object_on_s3_of_which_no_digest_is_stated_is_named_as_it_is(build):
    step = build(ON_S3)
    assert model_input(step) == ON_S3
    assert len(step.assets) == 1
    assert step.provenance == {"source": ON_S3}


def test_an_object_that_is_at_its_digest_s_key_already_is_an_asset_too_and_looked_for_there(build):
    folder = f"s3://bucket/x/dummy_training/input/{'a' * 64}/"
    step = build(f"{folder}model.tar.gz", sha256="a" * 64)
    assert model_input(step) == step.assets[-1].uri == folder
    assert step.assets[-1].objects[0].source == RemoteSource(f"{folder}model.tar.gz")


def test_a_pipeline_variable_is_not_looked_for_on_disk(build):
    step = build(Get("Parameters.Model"))
    assert model_input(step) == Get("Parameters.Model")
    assert step.provenance == {"source": "Parameters.Model"}


def test_the_model_of_an_upstream_step_is_read_from_there(built):
    config = DummyTrainingConfig(**SHARED, sha256="b" * 64)
    source = built("download", pretrained_model_path=())
    step = DummyTrainingStepBuilder(config).create_step([source])
    location = source.location(source.specification.outputs[0])
    assert model_input(step) == location
    assert step.definition_step.arguments["Environment"] == {EXPECTED: "b" * 64}
    assert step.provenance == {
        "source": "download.pretrained_model_path",
        "source_sha256": "b" * 64,
        "package_sha256": "b" * 64,
    }


def test_what_is_known_of_an_upstream_model_stays_known(build, model_archive):
    model_archive()
    first = build("model.tar.gz")
    second = DummyTrainingStepBuilder(DummyTrainingConfig(**SHARED)).create_step(
        [first], "again", inputs={"pretrained_model_path": "DummyTraining.model_output"}
    )
    assert second.provenance == first.provenance


def test_a_joined_source_is_told_as_text(build):
    joined = Join("/", ["s3://bucket", Get("Parameters.Model"), "model.tar.gz"])
    assert build(joined).provenance == {"source": "s3://bucket/Parameters.Model/model.tar.gz"}


@pytest.mark.parametrize("path", [None, "", "  "], ids=["none", "empty", "blank"])
def test_no_path_is_a_value_error(path, expect_error):
    builder = DummyTrainingStepBuilder(DummyTrainingConfig(pretrained_model_path=path, **SHARED))
    with expect_error("STP202", "pretrained_model_path", kind=ValueError):
        builder.validate_configuration()


def test_a_missing_file_is_a_file_not_found_error(build, tmp_path, expect_error):
    config = DummyTrainingConfig(pretrained_model_path="nope.tgz", **SHARED)
    with expect_error("STP230", "pretrained_model_path", kind=FileNotFoundError):
        DummyTrainingStepBuilder(config, base_dir=tmp_path).validate_configuration()
    with expect_error("STP230", "pretrained_model_path", kind=MissingFileError):
        build("nope.tgz")


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/", "s3://bucket/models/"])
def test_an_s3_uri_without_a_key_is_refused(build, uri, expect_error):
    with expect_error("STP221", "pretrained_model_path", kind=ConfigError):
        build(uri)


def test_a_local_model_that_has_not_the_stated_digest_is_refused(build, model_archive, expect_error, snapshot):
    digest = hashlib.sha256(model_archive().read_bytes()).hexdigest()
    with expect_error("STP240", "sha256", kind=ConfigError, text=False) as raised:
        build("model.tar.gz", sha256="0" * 64)
    assert digest in str(raised.value)
    snapshot(str(raised.value).replace(digest, "DIGEST"))
