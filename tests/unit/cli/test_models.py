from __future__ import annotations

import json

import pytest

from stepsmith.local.models import ModelRegistry
from stepsmith.local.store import Store


@pytest.fixture
def store(tmp_path):
    place = Store(tmp_path / ".stepsmith")
    properties = {"source_sha256": "a" * 64, "package_sha256": "b" * 64}
    for group in ("penguins", "a-group-of-a-long-name-that-does-not-fit", "penguins"):
        ModelRegistry(place.database).register(
            {"ModelPackageGroupName": group, "CustomerMetadataProperties": properties}
        )
    return place


@pytest.mark.usefixtures("store")
def test_versions_are_listed_with_their_digests_at_80_columns(stepsmith):
    shown = stepsmith("models").out
    assert max(len(line) for line in shown.splitlines()) <= 80
    rows = [line.split() for line in shown.splitlines() if line.startswith("penguins")]
    assert [row[:5] for row in rows] == [
        ["penguins", version, "PendingManualApproval", "a" * 12, "b" * 12] for version in ("1", "2")
    ]
    assert "a-group-of" in shown


@pytest.mark.usefixtures("store")
def test_as_json_they_have_the_services_shape(stepsmith):
    packages = json.loads(stepsmith("models", "penguins", "--json").out)
    assert [package["ModelPackageVersion"] for package in packages] == [1, 2]
    assert packages[0]["ModelPackageArn"].endswith(":model-package/penguins/1")


def test_the_store_is_found_from_a_folder_below(stepsmith, store, tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    assert "penguins" in stepsmith("models", cwd=tmp_path / "deep" / "er").out
    assert "penguins" in stepsmith("models", "--store", store.root, cwd="/").out


def test_no_registry_is_told_and_none_is_made(stepsmith, tmp_path):
    done = stepsmith("models")
    assert done.status == 0
    assert done.out.startswith("no model versions in ")
    assert list(tmp_path.iterdir()) == []
    assert stepsmith("models", "--json").out.strip() == "[]"
