"""Model registries of another package: the one in tests/third_party/memory-registry is installed and opened by name."""

from __future__ import annotations

import json

import pytest

from stepsmith.diagnostics import ModelRegistryError
from stepsmith.model_registry.installed import open_installed_registry


@pytest.fixture(autouse=True)
def package(installed, packages):
    packages(installed("memory-registry"))


def test_the_models_commands_use_it(stepsmith):
    registry = ["--registry", "memory"]
    (listed,) = json.loads(stepsmith("models", *registry, "--json").out)
    shown = json.loads(stepsmith("models", "show", "penguins", *registry, "--json").out)
    decided = json.loads(stepsmith("models", "approve", "penguins", "1", "--reason", "why", *registry, "--json").out)
    verified = stepsmith("models", "verify", "penguins", *registry)
    assert listed == shown["model_package"]
    assert (shown["memory"], shown["objects"]) == ("of this program", {"package": "s3://memory/model.tar.gz"})
    assert (decided["before"], decided["status"]) == ("PendingManualApproval", "Approved")
    assert verified.status == 0


def test_the_history_of_decisions_is_only_on_this_machine(stepsmith):
    assert stepsmith("models", "--registry", "memory", "history", "penguins").status == 2


@pytest.mark.parametrize(("name", "code"), [("memroy", "REG019"), ("broken", "REG020")])
def test_what_cannot_be_opened_is_an_error(name, code, expect_error):
    with expect_error(code, kind=ModelRegistryError):
        open_installed_registry(name)


def test_a_broken_registry_names_its_package():
    with pytest.raises(ModelRegistryError) as raised:
        open_installed_registry("broken")
    assert "stepsmith-memory-registry" in str(raised.value)
