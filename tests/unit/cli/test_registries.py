from __future__ import annotations

import hashlib

import click
import pytest

from stepsmith.cli.registries import LocalRegistry, opened_registry
from stepsmith.errors import ModelRegistryError
from stepsmith.local.models import ModelRegistry
from stepsmith.local.store import Store


@pytest.fixture
def registry(tmp_path):
    store = Store(tmp_path / ".stepsmith")
    for group in ("risk", "other"):
        ModelRegistry(store.database).register({"ModelPackageGroupName": group})
    store.objects.put("s3://bucket/model.tar.gz", [b"model"])
    return LocalRegistry(store)


def test_options_that_do_not_go_together_are_told(tmp_path):
    with pytest.raises(click.UsageError, match="--profile and --region go with --aws"):
        opened_registry(None, is_aws=False, profile="x", region=None)
    with pytest.raises(click.UsageError, match="--store is on this machine, and --aws is not"):
        opened_registry(tmp_path, is_aws=True, profile=None, region=None)


def test_the_registry_here_tells_of_its_groups_and_versions(registry):
    assert [one["ModelPackageGroupName"] for one in registry.packages("risk")] == ["risk"]
    assert len(registry.packages(None)) == 2
    assert registry.package("risk", 1)[0]["ModelPackageVersion"] == 1
    with pytest.raises(ModelRegistryError, match="REG011"):
        registry.packages("rsk")


def test_a_decision_is_told_as_it_is_kept(registry):
    decision = registry.decide("risk", 1, "Approved", "why")
    assert (decision["before"], decision["status"], decision["reason"]) == ("PendingManualApproval", "Approved", "why")


def test_an_object_here_has_a_place_and_a_digest_and_one_that_is_not_is_told(registry):
    assert registry.place("s3://bucket/model.tar.gz") == registry.shown("s3://bucket/model.tar.gz")
    assert registry.digest("s3://bucket/model.tar.gz") == hashlib.sha256(b"model").hexdigest()
    assert registry.place("no uri") is None
    assert registry.shown("s3://bucket/x") == "s3://bucket/x (it is not on this machine)"
    with pytest.raises(ModelRegistryError, match="REG017 s3://bucket/x is not on this machine"):
        registry.digest("s3://bucket/x")


def test_where_nothing_is_registered_it_is_said(tmp_path):
    empty = LocalRegistry(Store(tmp_path / ".stepsmith"))
    assert empty.nothing.startswith("nothing has run here")
    assert empty.facts == {"store": str(tmp_path / ".stepsmith")}
