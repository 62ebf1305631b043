from __future__ import annotations

import pytest

from stepsmith.cli.accounts import opened_account
from stepsmith.errors import AwsError


def test_an_account_is_in_the_region_that_was_typed():
    assert opened_account(None, "eu-west-1").region == "eu-west-1"


def test_a_profile_that_is_not_there_is_told(monkeypatch, tmp_path):
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(AwsError, match="AWS012"):
        opened_account("nobody", None)
