from __future__ import annotations

import click
import pytest

from stepsmith.aws.model_registry import ModelRegistry as SageMakerRegistry
from stepsmith.cli.model_registries import empty_message, open_registry
from stepsmith.diagnostics import ModelRegistryError
from stepsmith.local.model_registry import ModelRegistry as LocalRegistry

NONE = {"is_aws": False, "profile": None, "region": None}


@pytest.mark.parametrize(
    ("store", "options"),
    [
        pytest.param(None, {"profile": "x"}, id="a profile without AWS"),
        pytest.param(".", {"is_aws": True}, id="AWS and a store"),
        pytest.param(None, {"is_aws": True, "registry": "mims"}, id="AWS and a registry"),
        pytest.param(".", {"registry": "mims"}, id="a store and a registry"),
        pytest.param(None, {"registry": "mims", "region": "eu-west-1"}, id="a registry and a region"),
    ],
)
def test_options_that_contradict_each_other_are_an_error(store, options, snapshot):
    with snapshot.error(click.UsageError):
        open_registry(store, **{**NONE, **options})


def test_without_options_it_is_the_one_of_the_store_and_with_aws_the_account_s(tmp_path):
    local = open_registry(tmp_path, **NONE)
    assert isinstance(local, LocalRegistry)
    assert (local.is_shared, local.facts) == (False, {"store": str(tmp_path)})
    account = open_registry(None, **{**NONE, "is_aws": True, "region": "eu-west-1"})
    assert isinstance(account, SageMakerRegistry)
    assert (account.is_shared, account.facts) == (True, {"region": "eu-west-1"})


def test_a_registry_that_no_package_brings_is_an_error(expect_error):
    with expect_error("REG019", kind=ModelRegistryError):
        open_registry(None, **NONE, registry="mims")


def test_an_empty_registry_says_which_it_is(tmp_path, snapshot):
    snapshot(empty_message(open_registry(tmp_path, **NONE)))
    snapshot(empty_message(open_registry(None, **{**NONE, "is_aws": True, "region": "eu-west-1"})))
