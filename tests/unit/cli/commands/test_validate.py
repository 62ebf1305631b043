from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from stepsmith.cli.commands import validate
from stepsmith.diagnostics import StepsmithError

GOOD = {
    "Version": "2020-12-01",
    "Parameters": [{"Name": "P", "Type": "String", "DefaultValue": "a"}],
    "Steps": [{"Name": "stop", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.P"}}}],
}
# A command keeps the names of its help option from its first call, and `stepsmith` gives it these.
AS_STEPSMITH = {"help_option_names": ["-h", "--help"]}


def nested(depth, inner="[]"):
    return '{"Version":"2020-12-01","Steps":' + "[" * depth + inner + "]" * depth + "}"


@pytest.fixture
def run(stepsmith, tmp_path):
    """Calls `stepsmith validate` of a file that holds the content."""

    def call(content, *options, name="x.json"):
        if content is not None:
            text = content if isinstance(content, str | bytes) else json.dumps(content)
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return stepsmith("validate", name, *options)

    return call


def test_a_valid_definition_is_one_line_that_says_what_was_checked(run, snapshot):
    done = run(GOOD)
    assert (done.status, done.err) == (0, "")
    snapshot(done.out)
    size = len(json.dumps(GOOD))
    assert json.loads(run(GOOD, "--json").out) == {
        "status": "Valid", "steps": 1, "parameters": 1, "size_bytes": size, "findings": []
    }  # fmt: skip


def test_the_steps_of_branches_are_counted(run):
    conditions = [{"Type": "Equals", "LeftValue": {"Get": "Parameters.P"}, "RightValue": "a"}]
    branches = {"Conditions": conditions, "IfSteps": GOOD["Steps"], "ElseSteps": []}
    steps = [{"Name": "check", "Type": "Condition", "Arguments": branches}]
    assert json.loads(run({**GOOD, "Steps": steps}, "--json").out)["steps"] == 2


@pytest.mark.parametrize(
    "document",
    [
        {"PipelineArn": "arn", "PipelineDefinition": json.dumps(GOOD)},
        {"name": "x", "definition": GOOD, "assets": []},
    ],
    ids=["DescribePipeline", "compile"],
)
def test_a_definition_is_found_in_what_tells_of_it(document, run):
    assert run(document).status == 0


def test_a_pipeline_is_compiled_and_checked(stepsmith, example):
    done = stepsmith("validate", "pipeline.yaml", "--json", cwd=example)
    assert (done.status, done.err) == (0, "")
    valid = json.loads(done.out)
    assert (valid["status"], valid["steps"], valid["parameters"]) == ("Valid", 5, 2)


def test_standard_input_is_read(snapshot):
    snapshot(CliRunner().invoke(validate.command, ["-"], input=json.dumps(GOOD), **AS_STEPSMITH).output)


def test_a_standard_input_that_is_bad_is_named_so(expect_error):
    with expect_error("DEF020", "", "standard input", kind=StepsmithError):
        CliRunner().invoke(validate.command, ["-"], input="{", catch_exceptions=False, **AS_STEPSMITH)


def test_all_findings_are_told_at_once_each_with_the_file(run, findings, snapshot):
    steps = [{"Name": "a b", "Type": "Fail", "Arguments": {}, "DependsOn": ["c"]}] * 2
    done = run({**GOOD, "Steps": steps})
    assert (done.status, done.out) == (1, "")
    snapshot(done.err)
    done = run(None, "--json")
    assert (done.status, json.loads(done.out)["status"]) == (1, "Failed")
    assert findings(done) == [(code, "steps.a b", "x.json") for code in ("DEF101", "DEF102", "DEF111")]


SECRET = {**GOOD, "Parameters": [{"Name": "P", "Type": "String", "DefaultValue": "AKIA" + "IOSFODNN7EXAMPLQ"}]}


def test_a_warning_is_told_and_is_no_failure(run, snapshot):
    done = run(SECRET)
    assert (done.status, done.codes) == (0, ["DEF170"])
    snapshot(done.out)
    snapshot(done.err)
    (finding,) = json.loads(run(SECRET, "--json").out)["findings"]
    assert (finding["severity"], finding["position"]["file"]) == ("warning", "x.json")


def test_a_warning_beside_a_fault_stays_one(run, snapshot):
    both = {**SECRET, "Steps": [{"Name": "a b", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}]}
    done = run(both)
    assert (done.status, done.codes) == (1, ["DEF170", "DEF101"])
    snapshot(done.err)
    found = json.loads(run(both, "--json").out)["findings"]
    assert {finding["code"]: finding["severity"] for finding in found} == {"DEF170": "warning", "DEF101": "error"}


def bad(name, content, code, where=""):
    return pytest.param(content, (code, where, "x.json"), id=name)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        bad("not there", None, "DEF030"),
        bad("empty", "", "DEF030"),
        bad("blank", " \n\t", "DEF030"),
        bad("YAML", "name: x\nsteps: {}", "DEF030"),
        bad("a number", "5", "DEF030"),
        bad("a list", "[1]", "DEF022"),
        bad("cut off", json.dumps(GOOD)[:60], "DEF020"),
        bad("a bad value", '{"Version":\n nope}', "DEF020"),
        bad("twice", '{"Steps": [],\n "Steps": []}', "DEF020"),
        bad("twice inside", '{"definition": {"Steps": [],\n "Steps": []}}', "DEF020"),
        bad("version", {**GOOD, "Version": "2019-01-01"}, "DEF021", "Version"),
        bad("version inside", {"definition": {**GOOD, "Version": "1"}}, "DEF021", "definition.Version"),
        bad("a list inside", {"PipelineDefinition": "[]"}, "DEF022", "PipelineDefinition"),
        bad("cut off inside", {"PipelineDefinition": '{"Version":'}, "DEF020", "PipelineDefinition"),
        bad("more after it", json.dumps(GOOD) + "\n}", "DEF020"),
        bad("lists", "[" * 1_000_000, "DEF020"),
        bad("mappings", '{"a":' * 200_000, "DEF020"),
        bad("lists of steps", nested(500_000), "DEF020"),
        bad("lists of steps inside", '{"definition": ' + nested(500) + "}", "DEF022", "definition.Steps[0]"),
        bad("byte order mark", b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), "DEF030"),
        bad("UTF-16", json.dumps(GOOD).encode("utf-16"), "DEF030"),
        bad("not UTF-8", b'{\n"a": "\xe8"}', "DEF030"),
        bad("NaN", '{"Version": "2020-12-01", "Steps": [], "x": NaN}', "DEF020"),
    ],
)
def test_bad_input_is_one_error_with_the_file_and_the_place(content, found, run, findings, snapshot):
    done = run(content, "--json")
    assert (done.status, findings(done)) == (1, [found])
    assert run(content).out == ""
    snapshot(done.err)


def test_a_folder_is_no_file(run, tmp_path, findings, snapshot):
    (tmp_path / "x.json").mkdir()
    done = run(None, "--json")
    assert (done.status, findings(done)) == (1, [("DEF030", "", "x.json")])
    snapshot(done.err)


def test_what_has_no_end_is_not_read_to_it(run, findings, snapshot):
    done = run(None, "--json", name="/dev/zero")
    assert (done.status, findings(done)) == (1, [("DEF030", "", "/dev/zero")])
    snapshot(done.err)
