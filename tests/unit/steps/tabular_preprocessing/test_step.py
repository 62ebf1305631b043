from __future__ import annotations

import pytest

from stepsmith import (
    TABULAR_PREPROCESSING_CONTRACT,
    Get,
    NodeType,
    TabularPreprocessingConfig,
    TabularPreprocessingStepBuilder,
)
from stepsmith.diagnostics import ConfigError, FaultsError, MissingFileError

SHARED = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x", "label": "y"}


def test_the_declared_defaults_hold():
    config = TabularPreprocessingConfig(data="d.csv", label="y")
    assert (config.train_ratio, config.validation_ratio, config.test_ratio) == (0.7, 0.15, 0.15)
    assert (config.seed, config.stratify) == (0, False)
    assert config.get_script_contract() is TABULAR_PREPROCESSING_CONTRACT


@pytest.mark.parametrize(
    ("ratios", "where"),
    [
        pytest.param({"train_ratio": 0.8}, "", id="sum"),
        pytest.param({"train_ratio": 0.0, "validation_ratio": 0.5, "test_ratio": 0.5}, "", id="no train"),
        pytest.param({"train_ratio": 1.5}, "train_ratio", id="more than 1"),
    ],
)
def test_ratios_that_are_none_are_refused(ratios, where, expect_error):
    with expect_error("STP201", where, kind=ConfigError):
        TabularPreprocessingConfig(data="d.csv", label="y", **ratios)


def test_data_and_label_are_required(expect_error):
    with expect_error([("STP201", "data"), ("STP201", "label")], kind=FaultsError):
        TabularPreprocessingConfig()


@pytest.fixture
def build(tmp_path):
    for name in ("data/a.csv", "data/b.csv", "table/x.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"y,{name}\n")

    def make(data, **config):
        config = TabularPreprocessingConfig(**{"data": data, **SHARED, **config})
        return TabularPreprocessingStepBuilder(config, base_dir=tmp_path).create_step()

    return make


def test_it_is_a_source_that_needs_no_other_step(build):
    assert build("data").specification.node_type is NodeType.SOURCE


def test_local_data_are_an_asset_and_keep_their_names(build):
    step = build("data/*.csv")
    (data,) = [asset for asset in step.assets if "/input/" in asset.uri]
    assert [item.name for item in data.objects] == ["a.csv", "b.csv"]
    assert step.definition_step.arguments["ProcessingInputs"][0]["S3Input"]["S3Uri"] == data.uri


@pytest.mark.parametrize("data", ["s3://bucket/data/", Get("Parameters.Data")])
def test_data_elsewhere_are_named_as_they_are(build, data):
    step = build(data)
    assert step.definition_step.arguments["ProcessingInputs"][0]["S3Input"]["S3Uri"] == data
    assert len(step.assets) == 1


@pytest.mark.parametrize(
    ("data", "requirements"),
    [("data", ()), ("table/*.parquet", ("pyarrow",)), ("s3://bucket/x.parquet", ("pyarrow",)), ("s3://bucket/x", ())],
)
def test_pyarrow_is_needed_for_parquet_alone(build, data, requirements):
    code = build(data).assets[0]
    assert code.requirements == requirements
    assert code.requirements_by_suffix == ((".parquet", "pyarrow"),)


def test_data_that_are_not_there_are_refused(build, expect_error):
    with expect_error("STP231", "data", kind=MissingFileError):
        build("nowhere/*.csv")
    with expect_error("STP202", "data", kind=ConfigError):
        build(" ")


@pytest.mark.parametrize("name", ["._a.csv", "_index.csv"])
def test_the_label_is_looked_for_where_the_script_reads(build, tmp_path, name):
    (tmp_path / "data" / name).write_text("no table\n")
    (tmp_path / "data" / "a.csv").write_text("\n\ny,x\n")
    assert build("data").name == "TabularPreprocessing"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("a,z\n", id="another column"),
        pytest.param("a;y\n", id="another separator"),
        pytest.param("", id="an empty file"),
    ],
)
def test_a_label_that_is_no_column_is_refused_before_anything_runs(build, expect_error, tmp_path, header):
    (tmp_path / "data" / "a.csv").write_text(header)
    with expect_error("STP260", "label", kind=ConfigError):
        build("data/*.csv")
    assert build("data/*.csv", label=Get("Parameters.Label")).name == "TabularPreprocessing"
