from __future__ import annotations

from stepsmith import MODEL_PACKAGING_CONTRACT, ModelPackagingConfig
from stepsmith.diagnostics import ConfigError


def test_the_declared_defaults_hold():
    config = ModelPackagingConfig(code="x")
    assert config.entry_point == "inference.py"
    assert config.get_script_contract() is MODEL_PACKAGING_CONTRACT


def test_code_and_an_entry_point_are_needed(expect_error):
    with expect_error("STP201", "code", kind=ConfigError):
        ModelPackagingConfig()
    with expect_error("STP201", "entry_point", kind=ConfigError):
        ModelPackagingConfig(code="x", entry_point="")
