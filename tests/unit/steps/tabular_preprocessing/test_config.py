from __future__ import annotations

import pytest

from stepsmith import TABULAR_PREPROCESSING_CONTRACT, TabularPreprocessingConfig
from stepsmith.diagnostics import ConfigError, FaultsError


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
