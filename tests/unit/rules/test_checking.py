from __future__ import annotations

from pathlib import Path

import pytest

from stepsmith.errors import StepsmithError
from stepsmith.registry import RegistryManager, StepTable
from stepsmith.rules.checking import check_package, check_pipeline, check_tables
from stepsmith.rules.rule import About
from stepsmith.scaffold import new_pipeline
from stepsmith.steps import TABLE

TOKENS = "env: {API_TOKEN: 9f8e7d6c5b4a39281706f5e4d3c2b1a0}"
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", TABLE)
def test_every_step_of_the_project_is_clean(name):
    (checked,) = check_package(RegistryManager(), [name])
    assert [str(finding) for finding in checked.findings] == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*/pipeline.yaml")), ids=lambda path: path.parent.name)
def test_every_example_of_the_project_is_clean(path):
    assert [str(finding) for finding in check_pipeline(path, {}).findings] == []


@pytest.fixture
def pipeline(tmp_path, monkeypatch):
    """A pipeline in which a text is replaced: the codes that are found, and where."""
    monkeypatch.chdir(tmp_path)

    def call(good="", bad=""):
        path = new_pipeline("p") / "pipeline.yaml"
        path.write_text(path.read_text().replace(good, bad, 1))
        return [(finding.code, finding.at) for finding in check_pipeline(Path("p/pipeline.yaml"), {}).findings]

    return call


def test_findings_are_told_in_the_order_of_the_file(pipeline):
    found = pipeline(
        "model/\n", "modle/\n    env: {API_TOKEN: 9f8e7d6c5b4a39281706f5e4d3c2b1a0}\n    instance_count: 2\n"
    )
    assert [code for code, _ in found] == ["STP230", "STP206"]
    assert all(at.startswith("p/pipeline.yaml:1") for _, at in found)


def test_warnings_of_the_definition_are_told_at_their_step(pipeline):
    found = pipeline("model/\n", f"model/\n    {TOKENS}\n")
    assert found == [("DEF170", "p/pipeline.yaml:14:22")]


def test_a_comment_ignores_what_stands_on_its_line(pipeline):
    assert pipeline("model/\n", f"model/\n    {TOKENS} # stepsmith: ignore DEF170 it is no secret\n") == []


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(StepsmithError, match="YML004"):
        check_pipeline(tmp_path / "none.yaml", {})


def test_what_is_included_is_told_in_its_own_file(pipeline, tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "x").touch()
    (tmp_path / "p" / "x").unlink()
    assert pipeline("region:", "include: none.yaml\nregion:") == [("YML004", "p/pipeline.yaml:3:10")]


def test_a_step_that_cannot_be_loaded_is_told():
    registry = RegistryManager(tables=[StepTable("broken", {"Broken": "no.such:STEP"})])
    (checked,) = check_package(registry, ["Broken"])
    assert [(finding.code, finding.at) for finding in checked.findings] == [("STP012", "")]


def test_a_declaration_that_is_not_where_it_is_said_to_be_is_told_with_its_file():
    registry = RegistryManager(tables=[StepTable("broken", {"Broken": "stepsmith.steps.payload:NOTHING"})])
    (checked,) = check_package(registry, ["Broken"])
    (finding,) = checked.findings
    assert finding.code == "STP012"
    assert finding.at.endswith("steps/payload/__init__.py:1:1")


def test_the_tables_of_the_installed_packages_are_checked():
    assert check_tables(RegistryManager()).findings == ()


@pytest.mark.parametrize(
    ("file", "good", "bad", "at"),
    [
        ("contract.py", "entry_point=", "entry_pont=", "contract.py:8:1"),
        ("config.py", "class ExampleStepConfig(", "class ExampleStepConfig((", "config.py:13:"),
        ("builder.py", "import ProcessingStepBuilder", "import ProcessingStepBuildr", "builder.py:5:1"),
    ],
)
def test_a_layer_that_cannot_be_imported_is_told_at_its_line(project, replaced, file, good, bad, at):
    folder, found = project(About.STEP)
    replaced(folder / "src" / "example_step" / file, good, bad)
    (finding,) = found()
    assert finding.code == "STP012"
    assert finding.at.startswith(f"example/src/example_step/{at}"), finding.at


@pytest.mark.parametrize(
    ("file", "good", "bad"),
    [
        ("config.py", "        return CONTRACT", "        raise RuntimeError"),
        (
            "builder.py",
            "    single_instance = True",
            "    single_instance = True\n\n    @classmethod\n    def script(cls):\n        return ''",
        ),
    ],
)
def test_a_step_that_fails_in_its_own_code_is_told(project, replaced, file, good, bad):
    folder, found = project(About.STEP)
    replaced(folder / "src" / "example_step" / file, good, bad)
    assert [finding.code for finding in found()] == ["STP017"]


def test_a_script_that_is_no_python_is_told_at_its_line(project, replaced):
    folder, found = project(About.STEP)
    replaced(folder / "src" / "example_step" / "script.py", "import json\n", "import json(\n")
    assert [(finding.code, finding.at) for finding in found()] == [("STP106", "example/src/example_step/script.py:6:1")]
