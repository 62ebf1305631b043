from __future__ import annotations

import pytest

from stepsmith import PAYLOAD_CONTRACT, PayloadConfig
from stepsmith.diagnostics import ConfigError


def test_the_declared_defaults_hold():
    config = PayloadConfig()
    assert (config.samples, config.content_types, config.count) == (None, ("text/csv",), 5)
    assert config.get_script_contract() is PAYLOAD_CONTRACT


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        pytest.param({"content_types": ["image/png"]}, "content_types[0]", id="unknown content type"),
        pytest.param({"content_types": ["text/csv", "text/csv"]}, "content_types", id="content type twice"),
        pytest.param({"content_types": []}, "content_types", id="no content type"),
        pytest.param({"count": 0}, "count", id="count 0"),
        pytest.param({"count": 1001}, "count", id="count 1001"),
    ],
)
def test_requests_that_cannot_be_made_are_refused(wrong, where, expect_error):
    with expect_error("STP201", where, kind=ConfigError):
        PayloadConfig(**wrong)
