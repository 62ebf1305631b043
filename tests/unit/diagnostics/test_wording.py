from pathlib import Path

import pytest

from stepsmith.diagnostics import relative_to_cwd, suggest_names


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("DumyTraining", ["DummyTraining", "Payload"]),
        ("dummytraining", ["DummyTraining", "Payload"]),
        ("trai", ["train", "trail_x", "test"]),
        ("x", ["b", "a"]),
        ("x", []),
        ("", ["a"]),
    ],
    ids=["a letter left out", "another case", "two are close", "none is close", "none is known", "no name"],
)
def test_a_hint_names_what_is_close_or_else_all_that_is_known(snapshot, name, known):
    snapshot(str(suggest_names(name, known)))


def test_a_hint_does_not_depend_on_the_order_of_the_names():
    assert suggest_names("model", ["Model", "models"]) == suggest_names("model", ["models", "Model"])


def test_a_path_is_told_as_it_is_seen_from_here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert relative_to_cwd(tmp_path / "a" / "b") == "a/b"
    assert relative_to_cwd(Path("/elsewhere")) == "/elsewhere"
