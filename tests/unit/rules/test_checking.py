from __future__ import annotations

from pathlib import Path

import pytest

from stepsmith.diagnostics import About
from stepsmith.registry import RegistryManager, StepTable
from stepsmith.rules.checking import check_package, check_pipeline, check_tables
from stepsmith.scaffold import new_pipeline
from stepsmith.steps import TABLE

TOKENS = "env: {API_TOKEN: 9f8e7d6c5b4a39281706f5e4d3c2b1a0}"
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", TABLE)
def test_every_step_of_the_project_is_clean(name):
    (checked,) = check_package(RegistryManager(), [name])
    assert checked.findings == ()


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*/pipeline.yaml")), ids=lambda path: path.parent.name)
def test_every_example_of_the_project_is_clean(path):
    assert check_pipeline(path, {}).findings == ()


@pytest.fixture
def compared(snapshot):
    """The codes of findings, and where they are; what they say is compared."""

    def call(findings):
        for finding in findings:
            snapshot(finding)
        return [(finding.code, finding.at) for finding in findings]

    return call


@pytest.fixture
def pipeline(tmp_path, monkeypatch, compared):
    """A pipeline in which a text is replaced: the codes that are found, and where."""
    monkeypatch.chdir(tmp_path)

    def call(good="", bad=""):
        path = new_pipeline("p") / "pipeline.yaml"
        path.write_text(path.read_text().replace(good, bad, 1))
        return compared(check_pipeline(Path("p/pipeline.yaml"), {}).findings)

    return call


def test_findings_are_told_in_the_order_of_the_file(pipeline):
    found = pipeline(
        "model/\n", "modle/\n    env: {API_TOKEN: 9f8e7d6c5b4a39281706f5e4d3c2b1a0}\n    instance_count: 2\n"
    )
    assert found == [
        ("STP230", "p/pipeline.yaml:13:28"),
        ("DEF170", "p/pipeline.yaml:14:22"),
        ("STP206", "p/pipeline.yaml:15:21"),
    ]


def test_warnings_of_the_definition_are_told_at_their_step(pipeline):
    found = pipeline("model/\n", f"model/\n    {TOKENS}\n")
    assert found == [("DEF170", "p/pipeline.yaml:14:22")]


def test_a_comment_ignores_what_stands_on_its_line(pipeline):
    assert pipeline("model/\n", f"model/\n    {TOKENS} # stepsmith: ignore DEF170 it is no secret\n") == []


def test_a_file_that_cannot_be_read_is_an_error(expect_error, tmp_path):
    with expect_error("YML004"):
        check_pipeline(tmp_path / "none.yaml", {})


def test_what_is_included_is_told_in_its_own_file(pipeline, tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "x").touch()
    (tmp_path / "p" / "x").unlink()
    assert pipeline("region:", "include: none.yaml\nregion:") == [("YML004", "p/pipeline.yaml:3:10")]


def test_a_step_that_cannot_be_loaded_is_told(compared):
    registry = RegistryManager(tables=[StepTable("broken", {"Broken": "no.such:STEP"})])
    (checked,) = check_package(registry, ["Broken"])
    assert compared(checked.findings) == [("STP012", "")]


def test_a_declaration_that_is_not_where_it_is_said_to_be_is_told_with_its_file(compared, monkeypatch):
    monkeypatch.chdir(ROOT)
    registry = RegistryManager(tables=[StepTable("broken", {"Broken": "stepsmith.steps.payload:NOTHING"})])
    (checked,) = check_package(registry, ["Broken"])
    assert compared(checked.findings) == [("STP012", "src/stepsmith/steps/payload/__init__.py:1:1")]


def test_the_tables_of_the_installed_packages_are_checked():
    assert check_tables(RegistryManager()).findings == ()


@pytest.mark.parametrize(
    ("good", "bad", "at"),
    [
        pytest.param("entry_point=", "entry_pont=", "step.py:24:1", id="contract"),
        pytest.param("class ExampleStepConfig(", "class ExampleStepConfig((", "step.py:49:51", id="config"),
        pytest.param("    ProcessingStepBuilder,", "    ProcessingStepBuildr,", "step.py:9:1", id="builder"),
    ],
)
def test_a_layer_that_cannot_be_imported_is_told_at_its_line(project, replaced, compared, good, bad, at):
    folder, found = project(About.STEP)
    replaced(folder / "src" / "example_step" / at.partition(":")[0], good, bad)
    assert compared(found()) == [("STP012", f"example/src/example_step/{at}")]


@pytest.mark.parametrize(
    ("good", "bad", "line"),
    [
        ("        return CONTRACT", "        raise RuntimeError('no contract')", 60),
        (
            "    single_instance = True",
            "    single_instance = True\n\n    @classmethod\n    def script(cls):\n        return ''",
            1,
        ),
    ],
    ids=["config", "builder"],
)
def test_a_step_that_fails_in_its_own_code_is_told(project, replaced, compared, good, bad, line):
    folder, found = project(About.STEP)
    replaced(folder / "src" / "example_step" / "step.py", good, bad)
    assert compared(found()) == [("STP017", f"example/src/example_step/step.py:{line}:1")]


def test_a_script_that_is_no_python_is_told_at_its_line(project, replaced, compared):
    folder, found = project(About.STEP)
    replaced(folder / "src" / "example_step" / "script.py", "import json\n", "import json(\n")
    assert compared(found()) == [("STP106", "example/src/example_step/script.py:6:1")]
