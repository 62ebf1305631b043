from __future__ import annotations

import hashlib

import click
import pytest

from stepsmith.cli.model_registries import LocalRegistry, open_registry
from stepsmith.diagnostics import ModelRegistryError
from stepsmith.local.model_registry import ModelRegistry
from stepsmith.local.store import Store


@pytest.fixture
def registry(tmp_path):
    store = Store(tmp_path / ".stepsmith")
    for group in ("risk", "other"):
        ModelRegistry(store.database).register({"ModelPackageGroupName": group})
    store.objects.put("s3://bucket/model.tar.gz", [b"model"])
    return LocalRegistry(store)


def test_options_that_do_not_go_together_are_told(tmp_path, snapshot):
    with snapshot.error(click.UsageError):
        open_registry(None, is_aws=False, profile="x", region=None)
    with snapshot.error(click.UsageError):
        open_registry(tmp_path, is_aws=True, profile=None, region=None)


def test_the_registry_here_tells_of_its_groups_and_versions(registry, expect_error):
    assert [one["ModelPackageGroupName"] for one in registry.packages("risk")] == ["risk"]
    assert len(registry.packages(None)) == 2
    assert registry.package("risk", 1)[0]["ModelPackageVersion"] == 1
    with expect_error("REG011", kind=ModelRegistryError):
        registry.packages("rsk")


def test_a_decision_is_told_as_it_is_kept(registry):
    decision = registry.decide("risk", 1, "Approved", "why")
    assert (decision["before"], decision["status"], decision["reason"]) == ("PendingManualApproval", "Approved", "why")


def test_an_object_here_has_a_place_and_a_digest_and_one_that_is_not_is_told(registry, expect_error, snapshot):
    assert registry.place("s3://bucket/model.tar.gz") == registry.shown("s3://bucket/model.tar.gz")
    assert registry.digest("s3://bucket/model.tar.gz") == hashlib.sha256(b"model").hexdigest()
    assert registry.place("no uri") is None
    snapshot(registry.shown("s3://bucket/x"))
    with expect_error("REG017", kind=ModelRegistryError):
        registry.digest("s3://bucket/x")


def test_where_nothing_is_registered_it_is_said(tmp_path, snapshot):
    empty = LocalRegistry(Store(tmp_path / ".stepsmith"))
    snapshot(empty.nothing)
    assert empty.facts == {"store": str(tmp_path / ".stepsmith")}
