from __future__ import annotations

from stepsmith.cli.stores import no_store_message, open_store
from stepsmith.diagnostics import ModelRegistryError
from stepsmith.local.store import Store


def test_the_store_that_is_named_is_taken_wherever_one_stands(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert open_store((tmp_path / "mine").relative_to(tmp_path)) == Store(tmp_path / "mine")


def test_else_the_nearest_is(tmp_path, monkeypatch):
    (tmp_path / ".stepsmith").mkdir()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")
    assert open_store(None) == Store(tmp_path / ".stepsmith")


def test_a_store_that_is_not_there_is_refused_and_not_made(tmp_path, expect_error):
    with expect_error("REG010", kind=ModelRegistryError):
        open_store(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_where_there_is_nothing_it_is_said_whether_there_is_a_store(tmp_path, snapshot):
    snapshot(no_store_message(Store(tmp_path), "runs"))
    snapshot(no_store_message(Store(tmp_path / "no"), "runs"))
