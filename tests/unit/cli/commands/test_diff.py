from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stepsmith.cli.commands.diff import command

DOCS = Path(__file__).parents[4] / "docs" / "definitions.md"
CACHE = {"Enabled": True, "ExpireAfter": "P30D"}


def step(name, uri="s3://b/k", **members):
    arguments = {"AppSpecification": {"ImageUri": "i"}, "ProcessingInputs": [{"InputName": "data", "S3Uri": uri}]}
    return {"Name": name, "Type": "Processing", "Arguments": {**arguments, **members}, "CacheConfig": CACHE}


def fail(name):
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}


def condition(name, *steps):
    return {"Name": name, "Type": "Condition", "Arguments": {"Conditions": [], "IfSteps": steps, "ElseSteps": []}}


@pytest.fixture
def write(tmp_path):
    """Writes a definition of the given steps, and returns its path."""

    def written(name, *steps, parameters=(), **members):
        document = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": steps, **members}
        (tmp_path / name).write_text(json.dumps(document))
        return tmp_path / name

    return written


@pytest.fixture
def diff(stepsmith):
    """Calls `stepsmith diff`."""
    return functools.partial(stepsmith, "diff")


def test_what_is_the_same_is_status_0(diff, write, snapshot):
    path = write("a.json", step("prepare"))
    done = diff(path, path)
    assert (done.status, done.err) == (0, "")
    snapshot(done.out)
    assert json.loads(diff(path, path, "--json").out) == {
        "status": "Same", "pipeline": [], "parameters": [], "steps": [], "loses_cache": [], "may_lose_cache": []
    }  # fmt: skip


def test_what_differs_is_told_step_by_step_and_status_1(diff, write, snapshot):
    a = write(
        "a.json", step("prepare"), fail("old"), condition("check", fail("stop")), fail("in"),
        parameters=[{"Name": "P", "Type": "Integer", "DefaultValue": 1}], Metadata={"a": 1},
    )  # fmt: skip
    b = write(
        "b.json", step("prepare", "s3://b/l", Environment={"A": "\u202e1"}),
        condition("check", fail("in"), fail("stop"), fail("new")),
        parameters=[{"Name": "Q", "Type": "Float", "DefaultValue": 0.5}, {"Name": "P", "Type": "Integer"}],
    )  # fmt: skip
    done = diff(a, b)
    assert (done.status, done.err) == (1, "")
    snapshot(done.out)
    found = json.loads(diff(a, b, "--json").out)
    assert [(one["kind"], one["path"]) for one in found["pipeline"]] == [("removed", "Metadata")]
    assert [(one["kind"], one["name"]) for one in found["parameters"]] == [("changed", "P"), ("added", "Q")]
    assert [(one["kind"], one["name"]) for one in found["steps"]] == [
        ("changed", "prepare"),
        ("removed", "old"),
        ("changed", "in"),
        ("added", "new"),
    ]
    assert found["loses_cache"] == [{"step": "prepare", "because": ["ProcessingInputs", "Environment"]}]


def test_a_reordering_is_told_as_one(diff, write, snapshot):
    a, b = write("a.json", fail("a"), fail("b")), write("b.json", fail("b"), fail("a"))
    done = diff(a, b)
    assert (done.status, done.err) == (1, "")
    snapshot(done.out)
    (change,) = json.loads(diff(a, b, "--json").out)["pipeline"]
    assert (change["kind"], change["before"], change["after"]) == ("reordered", ["a", "b"], ["b", "a"])


def test_as_json_each_change_has_its_path_and_both_values(diff, write):
    done = diff(write("a.json", step("prepare")), write("b.json", step("prepare", "s3://x")), "--json")
    found = json.loads(done.out)
    assert (done.status, found["status"]) == (1, "Different")
    (change,) = found["steps"][0]["changes"]
    assert change == {
        "kind": "changed",
        "path": "Arguments.ProcessingInputs[0].S3Uri",
        "place": "Arguments.ProcessingInputs['data'].S3Uri",
        "before": "s3://b/k",
        "after": "s3://x",
    }
    assert found["loses_cache"] == [{"step": "prepare", "because": ["ProcessingInputs"]}]


def test_a_pipeline_and_each_form_of_its_definition_are_the_same(diff, example, tmp_path, stepsmith):
    for name, options in (("plain.json", ()), ("told.json", ("--json",))):
        (tmp_path / name).write_text(stepsmith("compile", example / "pipeline.yaml", *options).out)
    answer = {"PipelineArn": "arn", "PipelineDefinition": (tmp_path / "plain.json").read_text()}
    (tmp_path / "describe.json").write_text(json.dumps(answer))
    for name in ("plain.json", "told.json", "describe.json"):
        done = diff(example / "pipeline.yaml", tmp_path / name, "--json")
        assert (done.status, done.err, json.loads(done.out)["status"]) == (0, "", "Same")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "DEF030"), (b"", "DEF030"), (b"x", "DEF030"), (b"[]", "DEF022"), (b'{"Version": "1"}', "DEF021"),
        (b"{", "DEF020"), (b"\xff", "DEF030"), (b"[" * 100_000, "DEF020"),
    ],
    ids=["not there", "empty", "no JSON", "a list", "version", "cut off", "not UTF-8", "deep"],
)  # fmt: skip
@pytest.mark.parametrize("bad_first", [True, False], ids=["first", "second"])
def test_trouble_is_status_2_and_names_the_file(content, code, bad_first, diff, write, tmp_path, findings):
    good, bad = write("good.json", fail("a")), tmp_path / "bad.json"
    if content is not None:
        bad.write_bytes(content)
    pair = (bad, good) if bad_first else (good, bad)
    done = diff(*pair)
    assert (done.status, done.out, done.codes) == (2, "", [code])
    assert str(bad) in done.err
    done = diff(*pair, "--json")
    where = "Version" if code == "DEF021" else ""
    assert (done.status, findings(done)) == (2, [(code, where, str(bad))])


def test_a_pipeline_that_cannot_be_compiled_is_status_2(diff, write, tmp_path, findings):
    (tmp_path / "p.yaml").write_text("name: x\nstep: {}\n")
    done = diff(tmp_path / "p.yaml", write("a.json"), "--json")
    assert (done.status, findings(done)) == (2, [("YML006", "step", "p.yaml:2:1")])


def test_one_of_the_two_may_be_standard_input(diff, write):
    path = write("a.json", fail("a"))
    arguments = {"input": path.read_bytes(), "standalone_mode": False}
    done = CliRunner().invoke(command, ["-", str(path), "--json"], help_option_names=["-h", "--help"], **arguments)
    assert (json.loads(done.output)["status"], done.return_value) == ("Same", 0)
    assert diff("-", "-").status == 2


def changed_example(example):
    """The example with its caches on, as b.yaml with a few changes, as the docs tell of it."""
    text = (example / "pipeline.yaml").read_text()
    text = text.replace("defaults:\n", "defaults:\n  cache: {enabled: true, expire_after: P30D}\n")
    (example / "a.yaml").write_text(text)
    changed = text.replace("label: species\n", "label: species\n    seed: 1\n    instance_type: ml.m5.xlarge\n")
    changed = changed.replace("default: PendingManualApproval", "default: Approved")
    (example / "b.yaml").write_text(changed)


def test_in_a_terminal_it_fits_80_columns_and_is_what_the_docs_show(example, in_terminal):
    changed_example(example)
    status, screen = in_terminal("diff", "a.yaml", "b.yaml", folder=example)
    assert (status, screen.wrapped) == (1, 0)
    assert f"$ stepsmith diff a.yaml b.yaml\n{screen.text}```" in DOCS.read_text()


def test_two_long_values_are_cut_in_a_terminal_where_they_begin_to_differ(write, in_terminal):
    long = "s3://bucket/" + "x" * 80
    write("a.json", step("prepare", f"{long}/1/"))
    write("b.json", step("prepare", f"{long}/2/", Environment={"A": "y" * 100}))
    _, screen = in_terminal("diff", "a.json", "b.json")
    lines = screen.lines
    assert [lines[2][:11], lines[2][-4:], lines[3][:11], lines[3][-4:]] == [
        "      - ...",
        '/1/"',
        "      + ...",
        '/2/"',
    ]
    assert screen.wrapped == 0


def test_a_path_that_does_not_fit_a_terminal_is_folded_before_a_dot(write, in_terminal):
    deep = {"A" * 30: {"B" * 20: {"C" * 20: {"D": "x" * 80}}}}
    changed = {"A" * 30: {"B" * 20: {"C" * 20: {"D": "y"}}}}
    write("a.json", step("prepare", **deep))
    write("b.json", step("prepare", **changed))
    _, screen = in_terminal("diff", "a.json", "b.json")
    assert screen.lines[1:3] == [f"    Arguments.{'A' * 30}.{'B' * 20}", f"      .{'C' * 20}.D:"]
