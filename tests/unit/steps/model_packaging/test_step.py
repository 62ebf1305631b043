from __future__ import annotations

import pytest

from stepsmith import (
    MODEL_PACKAGING_CONTRACT,
    DummyTrainingConfig,
    DummyTrainingStepBuilder,
    Get,
    JsonGet,
    ModelPackagingConfig,
    ModelPackagingStepBuilder,
)
from stepsmith.diagnostics import ConfigError, MissingFileError

SHARED = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x"}


def test_the_declared_defaults_hold():
    config = ModelPackagingConfig(code="x")
    assert config.entry_point == "inference.py"
    assert config.get_script_contract() is MODEL_PACKAGING_CONTRACT


def test_code_and_an_entry_point_are_needed(expect_error):
    with expect_error("STP201", "code", kind=ConfigError):
        ModelPackagingConfig()
    with expect_error("STP201", "entry_point", kind=ConfigError):
        ModelPackagingConfig(code="x", entry_point="")


@pytest.fixture
def build(tmp_path, model_archive):
    (tmp_path / "inference").mkdir()
    (tmp_path / "inference" / "inference.py").write_text("")

    def make(code="inference", model=None, **config):
        path = str(model_archive()) if model is None else model
        dummy = DummyTrainingStepBuilder(DummyTrainingConfig(pretrained_model_path=path, **SHARED))
        packaging = ModelPackagingConfig(code=code, **SHARED, **config)
        builder = ModelPackagingStepBuilder(packaging, base_dir=tmp_path)
        return builder.create_step([dummy.create_step(step_name="model")], "package")

    return make


def inputs_of(step):
    inputs = step.definition_step.arguments["ProcessingInputs"]
    return {one["InputName"]: one["S3Input"]["S3Uri"] for one in inputs}


def test_the_model_comes_from_the_step_before_and_the_code_from_here(build):
    step = build()
    inputs = inputs_of(step)
    assert inputs["model_input"] == Get("Steps.model.ProcessingOutputConfig.Outputs['model_output'].S3Output.S3Uri")
    assert inputs["inference_code"].startswith("s3://bucket/x/model_packaging/input/")
    assert step.sources["model_input"].rule == "alias"


def test_the_digests_go_into_a_property_file(build):
    (file,) = build().definition_step.property_files
    assert (file.name, file.output_name, file.path) == ("Package", "packaged_model", "package.json")


def test_what_is_known_of_the_model_is_handed_on_and_the_rest_is_read_when_it_runs(build):
    known = build().provenance
    assert isinstance(known["source_sha256"], str)
    assert known["package_sha256"] == JsonGet("package", "Package", "package_sha256")
    unknown = build(model="s3://bucket/models/model.tar.gz").provenance
    assert unknown["source_sha256"] == JsonGet("package", "Package", "source_sha256")
    assert unknown["source"] == "s3://bucket/models/model.tar.gz"


def test_a_single_file_may_be_the_code(build):
    assert len(build("inference/inference.py").assets) == 2


def test_code_elsewhere_is_named_as_it_is(build):
    assert inputs_of(build("s3://bucket/code/"))["inference_code"] == "s3://bucket/code/"
    assert inputs_of(build(Get("Parameters.Code")))["inference_code"] == Get("Parameters.Code")


def test_code_without_its_entry_point_is_refused_before_anything_runs(build, expect_error):
    with expect_error("STP250", "code", kind=ConfigError):
        build(entry_point="inferense.py")


def test_code_that_is_not_there_is_refused(build, expect_error):
    with expect_error("STP230", "code", kind=MissingFileError):
        build("nowhere")
