from __future__ import annotations

import pytest

from stepsmith import load_pipeline
from stepsmith.diagnostics import MissingFileError
from stepsmith.pipeline.load import compilation_of, compiled_pipeline, registry_of, resolved_pipeline
from stepsmith.pipeline.passes import order

HEAD = "name: p\nregion: eu-west-1\npipeline_s3_loc: s3://bucket/x\n"


@pytest.fixture
def path(tmp_path):
    """A file whose steps name files that do not exist."""
    path = tmp_path / "pipeline.yaml"
    path.write_text(
        HEAD
        + "steps:\n  model: {type: DummyTraining, pretrained_model_path: none.tar.gz}\n"
        + "  package: {type: ModelPackaging, code: none, after: model}\n"
    )
    return path


def test_a_file_that_is_not_there_or_no_text_is_one_error(expect_error, tmp_path):
    with expect_error("YML004", kind=MissingFileError):
        load_pipeline(tmp_path / "none.yaml")
    with expect_error("YML004", kind=ValueError):
        load_pipeline(tmp_path)
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00x")
    with expect_error("YML004", kind=ValueError):
        load_pipeline(tmp_path / "bytes.yaml")


def test_loading_opens_no_other_file(path):
    assert list(load_pipeline(path).steps) == ["model", "package"]


def test_resolving_opens_no_other_file(path):
    resolved = resolved_pipeline(path).resolved
    assert [str(one.source) for found in resolved.values() for one in found] == ["the config", "model.model_output"]


def test_compiling_finds_what_is_missing_each_with_its_line(expect_error, path):
    found = [
        ("STP230", "steps.model.pretrained_model_path", "pipeline.yaml:5:55"),
        ("STP230", "steps.package.code", "pipeline.yaml:6:41"),
    ]
    with expect_error(found, text=False):
        compiled_pipeline(path)


def test_a_pipeline_that_was_loaded_knows_where_its_values_are(path):
    found = load_pipeline(path).check()
    assert [(one.code, one.at) for one in found] == [
        ("STP230", "pipeline.yaml:5:55"), ("STP230", "pipeline.yaml:6:41"), ("RES010", "pipeline.yaml:6:12")
    ]  # fmt: skip


def test_the_passes_stop_where_they_are_told_to(path):
    compilation = compilation_of(path, order)
    assert compilation.order == ["model", "package"]
    assert (compilation.resolved, compilation.built, compilation.findings) == ({}, {}, [])


def test_a_misspelled_key_opens_no_model(expect_error, path):
    path.write_text(path.read_text().replace("code: none", "cod: none"))
    with expect_error("YML006", "steps.package.cod", "pipeline.yaml:6:35", text=False):
        resolved_pipeline(path)


def test_the_steps_that_a_file_may_name_are_known_though_its_steps_are_wrong(path):
    path.write_text(HEAD + "steps: 5\n")
    assert "DummyTraining" in registry_of(path).names()
