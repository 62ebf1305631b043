from __future__ import annotations

import sys

import pytest

from stepsmith.sdk.installed import installed


@pytest.fixture
def no_sdk(monkeypatch):
    """As where no SDK is installed, and none was imported."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "sagemaker"]:
        monkeypatch.delitem(sys.modules, name)
    installed.cache_clear()
    yield monkeypatch
    installed.cache_clear()


def test_where_there_is_no_sdk_the_error_says_how_to_install_one(no_sdk, expect_error):
    no_sdk.setitem(sys.modules, "sagemaker", None)
    with expect_error("SDK001"):
        installed()


def test_an_sdk_that_lacks_what_it_needs_itself_says_so_itself(no_sdk, tmp_path):
    package = tmp_path / "sagemaker" / "workflow"
    package.mkdir(parents=True)
    (package / "steps.py").write_text("import attr_that_is_not_there")
    no_sdk.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError) as raised:
        installed()
    assert raised.value.name == "attr_that_is_not_there"
    for name in [name for name in sys.modules if name.partition(".")[0] == "sagemaker"]:
        del sys.modules[name]
