"""A definition is read in whatever form it is at hand; what is none is one error with the file's name."""

from __future__ import annotations

import json

import pytest

from stepsmith.cli.definition_files import read_definition
from stepsmith.diagnostics import StepsmithError

DEFINITION = {"Version": "2020-12-01", "Steps": [{"Name": "stop", "Type": "Fail", "Arguments": {}}]}
FORMS = {
    "alone": DEFINITION,
    "of compile --json": {"name": "p", "definition": DEFINITION, "assets": []},
    "of DescribePipeline": {"PipelineName": "p", "PipelineDefinition": json.dumps(DEFINITION)},
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_json_is_read(form, tmp_path):
    (tmp_path / "d.json").write_text(json.dumps(FORMS[form], indent=1))
    read = read_definition(tmp_path / "d.json")
    assert [step.name for step in read.definition.steps] == ["stop"]
    assert read.name.endswith("d.json")


def test_a_pipeline_is_compiled(example):
    read = read_definition(example / "pipeline.yaml")
    assert len(read.definition.steps) == 5
    assert read.size_bytes > 1000


@pytest.mark.parametrize(
    ("content", "code", "where"),
    [
        pytest.param(b"", "DEF030", "", id="empty"),
        pytest.param(b"name: x\n", "DEF030", "", id="YAML"),
        pytest.param(b"\xef\xbb\xbf{}", "DEF030", "", id="byte order mark"),
        pytest.param(b"\xff\xfe{\0", "DEF030", "", id="UTF-16"),
        pytest.param(b'{"a": "\xe8"}', "DEF030", "", id="not UTF-8"),
        pytest.param(b'{"a": 1', "DEF020", "", id="cut off"),
        pytest.param(b"[" * 100_000, "DEF020", "", id="deep"),
        pytest.param(b"[]", "DEF022", "", id="a list"),
        pytest.param(b'{"Version": "1"}', "DEF021", "Version", id="version"),
        pytest.param(b'{"PipelineDefinition": "{}"}', "DEF021", "PipelineDefinition.Version", id="version inside"),
    ],
)
def test_what_is_no_definition_is_one_error_with_its_place(content, code, where, tmp_path, monkeypatch, expect_error):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.json").write_bytes(content)
    with expect_error(code, where, "d.json", kind=StepsmithError):
        read_definition((tmp_path / "d.json").relative_to(tmp_path))


@pytest.mark.parametrize("name", ["nowhere", "folder"])
def test_what_is_not_there_or_a_folder_is_told(tmp_path, name, expect_error):
    (tmp_path / "folder").mkdir()
    with expect_error("DEF030", "", str(tmp_path / name), kind=StepsmithError):
        read_definition(tmp_path / name)
