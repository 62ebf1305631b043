"""docs/write-a-step.md, held to what it says: its blocks are the text of the package, and its commands work."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from stepsmith.describe import alignment
from stepsmith.local.history import RunHistory

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "tests" / "third_party" / "model-card"
PAGE = (ROOT / "docs" / "write-a-step.md").read_text()
# Each block of code: the file that the line above it names, if any, its language, and its text.
BLOCKS = re.findall(r"(?:<!-- file: (\S+) -->\n)?```(\w+)\n(.*?)```", PAGE, re.DOTALL)
OF_FILES = [(name, text) for name, _, text in BLOCKS if name]
COMMANDS = [line for _, language, text in BLOCKS if language == "console" for line in text.splitlines()]


@pytest.fixture
def folder(example):
    """The package's folder, with the model and the inference code of the example beside its pipeline.yaml."""
    return shutil.copytree(PACKAGE, example, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


@pytest.mark.parametrize(("name", "text"), OF_FILES, ids=[name for name, _ in OF_FILES])
def test_a_block_is_a_part_of_the_file_that_it_names(name, text):
    assert f"\n{text}" in f"\n{(PACKAGE / name).read_text()}"


def test_every_block_of_code_names_its_file():
    assert [text for name, language, text in BLOCKS if language not in {"console", "text"} and not name] == []


def test_every_file_of_the_package_is_shown():
    written = (path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert {path.relative_to(PACKAGE).as_posix() for path in written} == {name for name, _ in OF_FILES}


def test_the_commands_work_as_written(folder, session, installed, packages):
    packages(installed("model-card"))
    install, *lines = [line.removeprefix("$ ") for line in COMMANDS]
    assert install == "pip install -e ."  # what `installed` does, in a folder of its own
    printed = session(lines, folder)
    history = RunHistory(folder / ".stepsmith" / "stepsmith.db")
    (run,) = history.runs()
    assert {step.name: step.status for step in history.run(run.id).steps}["card"] == "Succeeded"
    assert "title: Penguins\nowner: me\nintended_use: null\npackage_sha256: 5e8f7b6c\n" in printed
    assert re.search(r'"uri": "s3://my-bucket/penguins/model_card/code/[0-9a-f]{64}/model_card.py"', printed)


def test_the_tests_of_the_package_pass(folder, session, installed, beside):
    # Nobody's plugins are needed, and some take longer to import than the tests do.
    environment = {**beside(installed("model-card")), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    assert "2 passed" in session(["python -m pytest -q tests"], folder, environment)


def test_the_refusal_that_is_shown_is_told_so(example, stepsmith, installed, packages):
    packages(installed("misaligned"))
    (shown,) = [text for _, language, text in BLOCKS if language == "text" and text.startswith("STP")]
    steps = "\n  p: {type: Payload, samples: data/penguins.csv}\n  count: {type: SampleCount, after: p}\n"
    head = "name: penguins\nregion: eu-west-1\npipeline_s3_loc: s3://my-bucket/penguins\n"
    (example / "pipeline.yaml").write_text(f"{head}\nsteps:{steps}")
    done = stepsmith("run", "pipeline.yaml", cwd=example)
    assert (done.status, done.err) == (1, shown)


@pytest.fixture
def parametrised(folder):
    """The package's folder, with a parameter in the place of the card's owner."""
    text = (folder / "pipeline.yaml").read_text().replace("ecology@example.org", "${param:Owner}")
    (folder / "pipeline.yaml").write_text(f"{text}parameters: {{Owner: {{type: String}}}}\n")
    return folder


def test_a_field_of_another_type_takes_no_parameter(parametrised, stepsmith, installed, packages, snapshot):
    packages(installed("model-card"))
    done = stepsmith("compile", "pipeline.yaml", cwd=parametrised)
    assert (done.status, done.out, done.codes) == (1, "", ["STP201"])
    snapshot(done.err)


def test_a_field_of_the_type_that_is_named_takes_a_parameter(parametrised, stepsmith, installed, packages, tmp_path):
    ignored = shutil.ignore_patterns("__pycache__")
    package = shutil.copytree(installed("model-card"), tmp_path / "changed", ignore=ignored)
    config = package / "stepsmith_model_card" / "step.py"
    text = config.read_text().replace("    owner: str =", "    owner: Text =")
    config.write_text(text.replace("import (\n", "import (\n    Text,\n"))
    packages(package)
    done = stepsmith("run", "pipeline.yaml", "-p", "Owner=me@example.org", cwd=parametrised)
    assert done.status == 0, done.err
    (card,) = (parametrised / ".stepsmith" / "objects").rglob("card.yaml")
    assert "owner: me@example.org\n" in card.read_text()


def test_the_page_imports_only_public_names():
    """From `stepsmith` itself, and in a script from what travels with it."""
    for name, text in OF_FILES:
        of_stepsmith = re.findall(r"^(?:from|import) (stepsmith(?!_)[\w.]*)", text, re.MULTILINE)
        if name.endswith("/script.py"):
            assert all(module.startswith("stepsmith.container") for module in of_stepsmith)
        else:
            assert set(of_stepsmith) <= {"stepsmith"}
    assert set(re.findall(r"`stepsmith\.[a-z_.]+`", PAGE)) <= {"`stepsmith.container`", "`stepsmith.steps`"}


def test_every_code_of_the_agreement_of_layers_is_listed():
    listed = re.findall(r"^\| (STP\d+) \|", PAGE, re.MULTILINE)
    assert listed == sorted(set(re.findall(r"STP\d+", Path(alignment.__file__).read_text())))
