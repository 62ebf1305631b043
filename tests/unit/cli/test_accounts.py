from __future__ import annotations

from stepsmith.cli.accounts import open_account
from stepsmith.diagnostics import AwsError


def test_an_account_is_in_the_region_that_was_typed():
    assert open_account(None, "eu-west-1").region == "eu-west-1"


def test_a_profile_that_is_not_there_is_told(monkeypatch, tmp_path, expect_error):
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with expect_error("AWS012", kind=AwsError):
        open_account("nobody", None)
