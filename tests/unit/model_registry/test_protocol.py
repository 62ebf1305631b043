from __future__ import annotations

import inspect

import pytest

from stepsmith.aws.model_registry import ModelRegistry as SageMakerRegistry
from stepsmith.local.model_registry import ModelRegistry as LocalRegistry
from stepsmith.model_registry.protocol import ModelRegistry

METHODS = [name for name, value in vars(ModelRegistry).items() if inspect.isfunction(value) and name[0] != "_"]


def test_the_protocol_has_all_that_commands_ask():
    assert METHODS == ["packages", "package", "decide", "locate", "digest"]


@pytest.mark.parametrize("registry", [LocalRegistry, SageMakerRegistry], ids=["local", "SageMaker"])
@pytest.mark.parametrize("method", METHODS)
def test_both_registries_take_what_the_protocol_says(registry, method):
    expected, parameters = (
        [(one.name, one.default) for one in inspect.signature(getattr(kind, method)).parameters.values()]
        for kind in (ModelRegistry, registry)
    )
    assert parameters[: len(expected)] == expected
    assert all(default is not inspect.Parameter.empty for _, default in parameters[len(expected) :])
