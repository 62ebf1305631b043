from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stepsmith.cli import validate
from stepsmith.cli.main import main
from stepsmith.errors import StepsmithError

GOOD = {
    "Version": "2020-12-01",
    "Parameters": [{"Name": "P", "Type": "String", "DefaultValue": "a"}],
    "Steps": [{"Name": "stop", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.P"}}}],
}


def nested(depth, inner="[]"):
    return '{"Version":"2020-12-01","Steps":' + "[" * depth + inner + "]" * depth + "}"


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Calls `stepsmith validate` in this process, of a file that holds the content: its status, and what it printed."""
    monkeypatch.chdir(tmp_path)

    def call(content, *options, name="x.json"):
        if content is not None:
            text = content if isinstance(content, str | bytes) else json.dumps(content)
            Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(SystemExit) as ended:
            main(["validate", name, *options])
        return ended.value.code, *capsys.readouterr()

    return call


def test_a_valid_definition_is_one_line_that_says_what_was_checked(run):
    size = len(json.dumps(GOOD))
    assert run(GOOD) == (0, f"x.json is valid: 1 step, 1 parameter, {size} bytes\n", "")
    assert json.loads(run(GOOD, "--json")[1]) == {
        "status": "Valid", "steps": 1, "parameters": 1, "size_bytes": size, "findings": []
    }  # fmt: skip


def test_the_steps_of_branches_are_counted(run):
    conditions = [{"Type": "Equals", "LeftValue": {"Get": "Parameters.P"}, "RightValue": "a"}]
    branches = {"Conditions": conditions, "IfSteps": GOOD["Steps"], "ElseSteps": []}
    steps = [{"Name": "check", "Type": "Condition", "Arguments": branches}]
    assert ": 2 steps, " in run({**GOOD, "Steps": steps})[1]


@pytest.mark.parametrize(
    "document",
    [
        {"PipelineArn": "arn", "PipelineDefinition": json.dumps(GOOD)},
        {"name": "x", "definition": GOOD, "assets": []},
    ],
)
def test_a_definition_is_found_in_what_tells_of_it(document, run):
    assert run(document)[0] == 0


def test_a_pipeline_is_compiled_and_checked(stepsmith, example):
    done = stepsmith("validate", "pipeline.yaml", cwd=example)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("pipeline.yaml is valid: 5 steps, 2 parameters, ")


def test_standard_input_is_read():
    done = CliRunner().invoke(validate.command, ["-"], input=json.dumps(GOOD))
    assert done.output.startswith("standard input is valid: 1 step")


def test_a_standard_input_that_is_bad_is_named_so():
    done = CliRunner().invoke(validate.command, ["-"], input="{")
    assert isinstance(done.exception, StepsmithError)
    assert str(done.exception).startswith("DEF020 standard input: not JSON")


def test_all_findings_are_told_at_once_each_with_the_file(run):
    steps = [{"Name": "a b", "Type": "Fail", "Arguments": {}, "DependsOn": ["c"]}] * 2
    status, out, err = run({**GOOD, "Steps": steps})
    assert (status, out) == (1, "")
    assert [line[:14] for line in err.splitlines() if line.startswith("DEF")][:2] == [
        "DEF101 x.json ",
        "DEF102 x.json ",
    ]
    status, out, _ = run(None, "--json")
    found = json.loads(out)
    assert (status, found["status"]) == (1, "Failed")
    assert {finding["at"] for finding in found["findings"]} == {"x.json"}
    assert len(found["findings"]) >= 3


SECRET = {**GOOD, "Parameters": [{"Name": "P", "Type": "String", "DefaultValue": "AKIA" + "IOSFODNN7EXAMPLQ"}]}


def test_a_warning_is_told_and_is_no_failure(run):
    status, out, err = run(SECRET)
    assert (status, out.endswith(", 1 warning\n")) == (0, True)
    assert err.startswith("warning: DEF170 x.json ")
    (finding,) = json.loads(run(SECRET, "--json")[1])["findings"]
    assert finding["is_warning"] is True


def test_a_warning_beside_a_fault_stays_one(run):
    both = {**SECRET, "Steps": [{"Name": "a b", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}]}
    status, _, err = run(both)
    assert (status, err.startswith("warning: DEF170 "), "\nDEF101 x.json" in err) == (1, True, True)
    found = json.loads(run(both, "--json")[1])["findings"]
    assert {finding["code"]: finding["is_warning"] for finding in found} == {"DEF170": True, "DEF101": False}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "DEF030 x.json: there is no such file"),
        ("", "DEF030 x.json: there is nothing in it"),
        (" \n\t", "DEF030 x.json: there is nothing in it"),
        ("name: x\nsteps: {}", "DEF030 x.json: not JSON: it begins with 'name: x'"),
        ("5", "DEF030 x.json: not JSON: it begins with '5'"),
        ("[1]", "DEF022 x.json: the definition is to be a JSON object, and is a list"),
        (json.dumps(GOOD)[:60], "DEF020 x.json: not JSON: "),
        ('{"Version":\n nope}', "at line 2, column 2"),
        ('{"Steps": [],\n "Steps": []}', "'Steps' stands twice in one object, at line 2, column 2"),
        ('{"definition": {"Steps": [],\n "Steps": []}}', "'Steps' stands twice in one object, at line 2, column 2"),
        ({**GOOD, "Version": "2019-01-01"}, "DEF021 x.json Version: "),
        ({"definition": {**GOOD, "Version": "1"}}, "DEF021 x.json definition.Version: "),
        ({"PipelineDefinition": "[]"}, "DEF022 x.json PipelineDefinition: the definition is to be a JSON object"),
        ({"PipelineDefinition": '{"Version":'}, "DEF020 x.json PipelineDefinition: not JSON: "),
        (json.dumps(GOOD) + "\n}", "Extra data at line 2, column 1"),
        ("[" * 10_000_000, "DEF020 x.json: "),
        ('{"a":' * 2_000_000, "DEF020 x.json: "),
        (nested(5_000_000), "DEF020 x.json: "),
        ('{"definition": ' + nested(500) + "}", "x.json"),
        (b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), "DEF030 x.json: it begins with a byte order mark"),
        (json.dumps(GOOD).encode("utf-16"), "DEF030 x.json: it is UTF-16"),
        (b'{\n"a": "\xe8"}', "DEF030 x.json: it is not UTF-8: byte 0xe8 on line 2, 8 bytes in"),
        ('{"Version": "2020-12-01", "Steps": [], "x": NaN}', "NaN is no number there, at line 1, column 45"),
    ],
)
def test_bad_input_is_one_error_with_the_file_and_the_place(content, told, run):
    status, out, err = run(content)
    assert (status, out) == (1, "")
    assert told in err
    assert sum(line.startswith("DEF") for line in err.splitlines()) == 1
    assert "Traceback" not in err
    assert "report it" not in err


def test_a_folder_is_no_file(run, tmp_path):
    (tmp_path / "x.json").mkdir()
    status, _, err = run(None)
    assert (status, err.startswith("DEF030 x.json: it cannot be read: Is a directory")) == (1, True)


def test_what_has_no_end_is_not_read_to_it(run):
    status, _, err = run(None, name="/dev/zero")
    assert (status, "it is larger than 64 MiB" in err) == (1, True)
