from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from stepsmith.diagnostics import ModelRegistryError
from stepsmith.model_registry.installed import GROUP, open_installed_registry


def point(name, value):
    return EntryPoint(name, value, GROUP)


def test_a_registry_is_what_its_factory_returns():
    assert open_installed_registry("mims", [point("mims", "builtins:dict"), point("other", "no_such:Thing")]) == {}


@pytest.mark.parametrize(
    ("points", "code"),
    [
        pytest.param([], "REG019", id="none"),
        pytest.param([point("mims", "builtins:dict"), point("mims", "builtins:list")], "REG020", id="two"),
        pytest.param([point("mims", "no_such_package:Registry")], "REG020", id="not importable"),
        pytest.param([point("mims", "builtins:copyright2")], "REG020", id="no such factory"),
        pytest.param([point("mims", "sys:exit")], "REG020", id="ends the program"),
    ],
)
def test_a_registry_that_cannot_be_opened_is_an_error(points, code, expect_error):
    with expect_error(code, kind=ModelRegistryError):
        open_installed_registry("mims", points)
