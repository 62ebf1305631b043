from __future__ import annotations

import pytest

from stepsmith import PAYLOAD_CONTRACT, PayloadConfig
from stepsmith.errors import ConfigError


def test_the_declared_defaults_hold():
    config = PayloadConfig()
    assert (config.samples, config.content_types, config.count) == (None, ("text/csv",), 5)
    assert config.get_script_contract() is PAYLOAD_CONTRACT


@pytest.mark.parametrize(
    "wrong",
    [
        {"content_types": ["image/png"]},
        {"content_types": ["text/csv", "text/csv"]},
        {"content_types": []},
        {"count": 0},
        {"count": 1001},
    ],
)
def test_requests_that_cannot_be_made_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        PayloadConfig(**wrong)
