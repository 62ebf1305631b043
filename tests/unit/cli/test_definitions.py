"""A definition is read in whatever form it is at hand; what is none is one error with the file's name."""

from __future__ import annotations

import json

import pytest

from stepsmith.cli.definitions import read_definition
from stepsmith.errors import StepsmithError

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
    ("content", "told"),
    [
        (b"", "DEF030 d.json: there is nothing in it"),
        (b"name: x\n", "DEF030 d.json: not JSON: it begins with 'name: x'"),
        (b"\xef\xbb\xbf{}", "DEF030 d.json: it begins with a byte order mark"),
        (b"\xff\xfe{\0", "DEF030 d.json: it is UTF-16"),
        (b'{"a": "\xe8"}', "DEF030 d.json: it is not UTF-8: byte 0xe8 on line 1"),
        (b'{"a": 1', "DEF020 d.json: not JSON: Expecting ',' delimiter at line 1"),
        (b"[" * 100_000, "DEF020 d.json: not JSON that can be read: it is nested too deep"),
        (b"[]", "DEF022 d.json: the definition is to be a JSON object, and is a list"),
        (b'{"Version": "1"}', "DEF021 d.json Version: version '1' is not known"),
        (b'{"PipelineDefinition": "{}"}', "DEF021 d.json PipelineDefinition.Version: version None is not known"),
    ],
)
def test_what_is_no_definition_is_one_error_with_its_place(content, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.json").write_bytes(content)
    with pytest.raises(StepsmithError) as refused:
        read_definition((tmp_path / "d.json").relative_to(tmp_path))
    assert str(refused.value).startswith(told)
    assert len(refused.value.findings) == 1


def test_what_is_not_there_or_a_folder_is_told(tmp_path):
    for path, told in (
        (tmp_path / "nowhere", "there is no such file"),
        (tmp_path, "it cannot be read: Is a directory"),
    ):
        with pytest.raises(StepsmithError, match=told):
            read_definition(path)
