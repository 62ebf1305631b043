"""What the READMEs say, done: every command in them (but the test command itself), and both examples."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

from stepsmith import load_pipeline
from stepsmith.local.model_registry import ModelRegistry

ROOT = Path(__file__).parent.parent.parent
# What is done on SageMaker is done in tests/aws, where servers are that take it.
README = re.sub(r"## On SageMaker\n.*?(?=\n## )", "", (ROOT / "README.md").read_text(), flags=re.DOTALL)
EXAMPLE_README = (ROOT / "examples" / "pretrained-model" / "README.md").read_text()
ENVIRONMENT = Path(sys.prefix)


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands(text):
    return [line.removeprefix("$ ") for block in blocks(text, "console") for line in block.splitlines()]


@pytest.fixture
def own_model(tmp_path, model_archive):
    """What the README asks a reader to put beside each other."""
    model_archive("models/my model.tgz")
    (tmp_path / "inference").mkdir()
    (tmp_path / "inference" / "inference.py").write_text("def model_fn(model_dir): ...\n")
    (tmp_path / "samples.csv").write_text("age,income\n31,42000\n")
    (tmp_path / "pipeline.yaml").write_text(blocks(README, "yaml")[0])
    return tmp_path


def test_the_commands_for_a_model_of_ones_own_work_as_written(own_model, session):
    lines = [line for line in commands(README) if not line.startswith("make ")]
    assert lines
    session(lines, own_model)
    assert versions(own_model) == [("credit-risk", 1, "Approved")]
    history = registry(own_model).history("credit-risk", 1)
    assert [decision.status for decision in history] == ["PendingManualApproval", "Approved"]
    assert json.loads((own_model / "definition.json").read_text())["Steps"]


def registry(folder):
    return ModelRegistry(folder / ".stepsmith" / "stepsmith.db")


def versions(folder):
    """The group, the version and the approval status of each model package that is registered in a folder."""
    names = ("ModelPackageGroupName", "ModelPackageVersion", "ModelApprovalStatus")
    return [tuple(package[name] for name in names) for package in registry(folder).packages()]


def test_the_python_example_registers_a_version_too(own_model, monkeypatch, capsys):
    (own_model / "pipeline.py").write_text(blocks(README, "python")[0])
    monkeypatch.chdir(own_model)
    runpy.run_path("pipeline.py", run_name="__main__")
    assert capsys.readouterr().out.strip().endswith(":model-package/credit-risk/1")


def test_the_yaml_and_the_python_example_are_the_same_pipeline(own_model, monkeypatch):
    (own_model / "compiled.py").write_text(blocks(README, "python")[0].partition("run = ")[0])
    monkeypatch.chdir(own_model)
    in_python = runpy.run_path("compiled.py")["compiled"]
    assert in_python.definition == load_pipeline("pipeline.yaml").compile().definition


def test_the_mistakes_that_the_readme_shows_are_told_as_it_shows_them(own_model, stepsmith):
    text = (own_model / "pipeline.yaml").read_text()
    (own_model / "pipeline.yaml").write_text(text.replace("my model.tgz", "my modle.tgz").replace("code:", "cod:"))
    done = stepsmith("run", "pipeline.yaml", cwd=own_model)
    assert (done.status, done.out) == (1, "")
    assert done.err == next(block for block in blocks(README, "text") if "STP230" in block)


def test_make_demo_ends_with_what_the_readme_shows(tmp_path, session):
    tree = tmp_path / "stepsmith"
    tree.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements", "examples"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, tree / name)
    shutil.rmtree(tree / "examples" / "pretrained-model" / ".stepsmith", ignore_errors=True)
    # -o: the environment is the one that these tests run in; `make test-clone` has it made from nothing.
    printed = session([f"make demo VENV={ENVIRONMENT} -o {ENVIRONMENT}/.demo"], tree)
    shown = next(block for block in blocks(README, "text") if "source_sha256" in block)
    for line in shown.strip().splitlines():
        # Seconds, run ids and digests of packages are each run's own.
        assert re.split(r"\s\d|qp1|…|/\.stepsmith", line)[0].rstrip() in printed


def test_the_commands_of_the_example_work_as_written(example, session):
    session(commands(EXAMPLE_README), example)
    assert versions(example) == [("penguins", 1, "PendingManualApproval"), ("penguins", 2, "Approved")]


PAGES = [path.relative_to(ROOT) for pattern in ("*.md", "docs/*.md", "examples/*/*.md") for path in ROOT.glob(pattern)]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_to_a_file(page):
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(), flags=re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    missing = [link for link in links if not (ROOT / page.parent / link).exists()]
    assert not missing


def test_the_python_example_passes_a_strict_type_check(own_model, mypy):
    """Typed as the package says it is: a list is admitted where several values are."""
    (own_model / "pipeline.py").write_text(blocks(README, "python")[0])
    status, said = mypy(own_model / "pipeline.py")
    assert status == 0, said
