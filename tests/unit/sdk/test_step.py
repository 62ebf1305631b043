from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from stepsmith.definition.model import Step
from stepsmith.sdk import as_sdk_step
from stepsmith.sdk.installed import installed

# That a step is one of the SDK's, with its request, its properties and what it reads, the tests in tests/sdk hold.


def built(kind):
    return SimpleNamespace(definition_step=Step("one", kind, {}), assets=())


@pytest.mark.parametrize("kind", ["Condition", "ForEach"])
def test_a_step_that_holds_others_is_written_with_the_sdk(expect_error, kind):
    with expect_error("SDK002", "steps.one"):
        as_sdk_step(built(kind))


def test_without_an_sdk_there_is_no_step_of_it(monkeypatch, expect_error):
    installed.cache_clear()
    monkeypatch.setitem(sys.modules, "sagemaker", None)
    with expect_error("SDK001"):
        as_sdk_step(built("Processing"))
