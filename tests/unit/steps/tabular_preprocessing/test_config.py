from __future__ import annotations

import pytest

from stepsmith import TABULAR_PREPROCESSING_CONTRACT, TabularPreprocessingConfig
from stepsmith.errors import ConfigError, FaultsError


def test_the_declared_defaults_hold():
    config = TabularPreprocessingConfig(data="d.csv", label="y")
    assert (config.train_ratio, config.validation_ratio, config.test_ratio) == (0.7, 0.15, 0.15)
    assert (config.seed, config.stratify) == (0, False)
    assert config.get_script_contract() is TABULAR_PREPROCESSING_CONTRACT


@pytest.mark.parametrize(
    ("ratios", "complaint"),
    [
        ({"train_ratio": 0.8}, "sum to 1.1"),
        ({"train_ratio": 0.0, "validation_ratio": 0.5, "test_ratio": 0.5}, "no row would be left to train on"),
        ({"train_ratio": 1.5}, "less than or equal to 1"),
    ],
)
def test_ratios_that_are_none_are_refused(ratios, complaint):
    with pytest.raises(ConfigError, match=complaint):
        TabularPreprocessingConfig(data="d.csv", label="y", **ratios)


def test_data_and_label_are_required():
    with pytest.raises(FaultsError, match=r"set data(.|\n)*set label"):
        TabularPreprocessingConfig()
