from __future__ import annotations

import pytest

from stepsmith import MODEL_PACKAGING_CONTRACT, ModelPackagingConfig
from stepsmith.errors import ConfigError


def test_the_declared_defaults_hold():
    config = ModelPackagingConfig(code="x")
    assert config.entry_point == "inference.py"
    assert config.get_script_contract() is MODEL_PACKAGING_CONTRACT


def test_code_and_an_entry_point_are_needed():
    with pytest.raises(ConfigError, match="set code"):
        ModelPackagingConfig()
    with pytest.raises(ConfigError, match="entry_point"):
        ModelPackagingConfig(code="x", entry_point="")
