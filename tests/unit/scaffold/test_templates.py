from __future__ import annotations

import pytest

from stepsmith.scaffold.templates import new_pipeline, new_step

# That what is made passes its own tests and runs, tests/integration/test_scaffolds.py holds.


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_step_is_a_package_with_its_layers_and_its_tests(tmp_path):
    made = new_step("ModelCard")
    assert made.resolve() == tmp_path / "model-card"
    modules = ("__init__", "script", "step")
    assert files(made) == sorted(
        ["README.md", "data/example.csv", "pipeline.yaml", "pyproject.toml", "tests/test_model_card.py"]
        + [f"src/model_card/{name}.py" for name in modules]
    )


def test_a_pipeline_is_a_folder_with_a_model_and_code():
    made = new_pipeline("credit-risk")
    assert files(made) == [
        "README.md", "inference/inference.py", "model/model.json", "pipeline.yaml", "tests/test_pipeline.py"
    ]  # fmt: skip


def test_no_name_of_a_template_is_left():
    for made in (new_step("ModelCard"), new_pipeline("credit-risk")):
        for path in made.rglob("*"):
            assert "_package_" not in path.name
            assert not path.is_file() or not {"@Name@", "@package@", "@folder@"} & set(path.read_text().split())


def test_it_may_stand_elsewhere(tmp_path):
    assert new_pipeline("p", tmp_path / "a" / "b").is_dir()
    assert (tmp_path / "a" / "b" / "pipeline.yaml").is_file()


def test_a_package_has_a_name_that_no_other_has():
    assert (new_step("Json") / "src" / "json_step" / "script.py").is_file()


def test_an_empty_folder_may_be_there_and_nothing_else(expect_error, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "file").touch()
    assert new_pipeline("p", tmp_path / "empty").is_dir()
    for name in ("full", "file"):
        with expect_error("RUN080"):
            new_pipeline("p", tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "full"]


@pytest.mark.parametrize("name", ["modelcard", "Model Card", "Model_Card", "", "M", "../Up", "Model-Card", "Ünder"])
def test_a_name_that_is_none_for_a_step_is_refused(expect_error, tmp_path, name):
    with expect_error("STP016"):
        new_step(name)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_a_step_has_already_is_refused(expect_error, tmp_path):
    with expect_error("STP016"):
        new_step("Payload")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a b", "", "a_b", "../up", pytest.param("a" * 64, id="64 characters")])
def test_a_name_that_is_none_for_a_pipeline_is_refused(expect_error, tmp_path, name):
    with expect_error("DEF101", "name"):
        new_pipeline(name)
    assert list(tmp_path.iterdir()) == []
