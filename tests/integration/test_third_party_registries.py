"""Model registries of another package: the one in tests/third_party/memory-registry is installed and opened by name."""

from __future__ import annotations

import pytest

from stepsmith.diagnostics import ModelRegistryError
from stepsmith.sagemaker.installed_registries import open_installed_registry


@pytest.fixture(autouse=True)
def package(installed, packages):
    packages(installed("memory-registry"))


def test_a_registry_is_opened_by_its_name():
    assert open_installed_registry("memory").packages() == []


@pytest.mark.parametrize(("name", "code"), [("memroy", "REG019"), ("broken", "REG020")])
def test_what_cannot_be_opened_is_an_error(name, code, expect_error):
    with expect_error(code, kind=ModelRegistryError):
        open_installed_registry(name)


def test_a_broken_registry_names_its_package():
    with pytest.raises(ModelRegistryError) as raised:
        open_installed_registry("broken")
    assert "stepsmith-memory-registry" in str(raised.value)
