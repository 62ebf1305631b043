from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from click.testing import CliRunner

from stepsmith.cli.diff import _cut, command
from stepsmith.cli.main import main

DOCS = Path(__file__).parents[3] / "docs" / "definitions.md"
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
def diff(capsys):
    """Calls `stepsmith diff` in this process: its status, and what it printed on both streams."""

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["diff", *map(str, arguments)])
        return ended.value.code, *capsys.readouterr()

    return call


def test_what_is_the_same_is_status_0(diff, write):
    path = write("a.json", step("prepare"))
    assert diff(path, path) == (0, "no difference\n", "")
    assert json.loads(diff(path, path, "--json")[1]) == {
        "status": "Same", "pipeline": [], "parameters": [], "steps": [], "loses_cache": [], "may_lose_cache": []
    }  # fmt: skip


def test_what_differs_is_told_step_by_step_and_status_1(diff, write):
    a = write(
        "a.json", step("prepare"), fail("old"), condition("check", fail("stop")), fail("in"),
        parameters=[{"Name": "P", "Type": "Integer", "DefaultValue": 1}], Metadata={"a": 1},
    )  # fmt: skip
    b = write(
        "b.json", step("prepare", "s3://b/l", Environment={"A": "\u202e1"}),
        condition("check", fail("in"), fail("stop"), fail("new")),
        parameters=[{"Name": "Q", "Type": "Float", "DefaultValue": 0.5}, {"Name": "P", "Type": "Integer"}],
    )  # fmt: skip
    status, out, err = diff(a, b)
    assert (status, err) == (1, "")
    assert out.splitlines() == [
        "~ pipeline",
        '    - Metadata: {"a": 1}',
        "~ parameter P (Integer)",
        "    - DefaultValue: 1",
        "+ parameter Q (Float = 0.5)",
        "~ step prepare (Processing)",
        '    Arguments.ProcessingInputs[\'data\'].S3Uri: "s3://b/k" -> "s3://b/l"',
        '    + Arguments.Environment: {"A": "?1"}',
        "- step old (Fail)",
        "~ step in (Fail, in check.IfSteps)",
        "    moved: the pipeline itself -> check.IfSteps",
        "+ step new (Fail, in check.IfSteps)",
        "loses its cache: prepare (ProcessingInputs, Environment)",
    ]


def test_a_reordering_is_told_as_one(diff, write):
    status, out, _ = diff(write("a.json", fail("a"), fail("b")), write("b.json", fail("b"), fail("a")))
    assert (status, out) == (1, "~ pipeline\n    Steps, reordered: a, b -> b, a\n")


def test_as_json_each_change_has_its_path_and_both_values(diff, write):
    status, out, _ = diff(write("a.json", step("prepare")), write("b.json", step("prepare", "s3://x")), "--json")
    found = json.loads(out)
    assert (status, found["status"]) == (1, "Different")
    (change,) = found["steps"][0]["changes"]
    assert change == {
        "kind": "changed",
        "path": "Arguments.ProcessingInputs[0].S3Uri",
        "place": "Arguments.ProcessingInputs['data'].S3Uri",
        "before": "s3://b/k",
        "after": "s3://x",
    }
    assert found["loses_cache"] == [{"step": "prepare", "because": ["ProcessingInputs"]}]


def test_a_pipeline_and_each_form_of_its_definition_are_the_same(diff, example, tmp_path, capsys):
    for name, options in (("plain.json", ()), ("told.json", ("--json",))):
        with pytest.raises(SystemExit):
            main(["compile", str(example / "pipeline.yaml"), *options])
        (tmp_path / name).write_text(capsys.readouterr().out)
    answer = {"PipelineArn": "arn", "PipelineDefinition": (tmp_path / "plain.json").read_text()}
    (tmp_path / "describe.json").write_text(json.dumps(answer))
    for name in ("plain.json", "told.json", "describe.json"):
        assert diff(example / "pipeline.yaml", tmp_path / name) == (0, "no difference\n", "")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "DEF030"), (b"", "DEF030"), (b"x", "DEF030"), (b"[]", "DEF022"), (b'{"Version": "1"}', "DEF021"),
        (b"{", "DEF020"), (b"\xff", "DEF030"), (b"[" * 1_000_000, "DEF020"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("bad_first", [True, False])
def test_trouble_is_status_2_and_names_the_file(content, code, bad_first, diff, write, tmp_path):
    good, bad = write("good.json", fail("a")), tmp_path / "bad.json"
    if content is not None:
        bad.write_bytes(content)
    pair = (bad, good) if bad_first else (good, bad)
    status, out, err = diff(*pair)
    assert (status, out) == (2, "")
    assert err.startswith(f"{code} {bad}")
    status, out, _ = diff(*pair, "--json")
    assert (status, json.loads(out)["findings"][0]["code"]) == (2, code)


def test_a_pipeline_that_cannot_be_compiled_is_status_2(diff, write, tmp_path):
    (tmp_path / "p.yaml").write_text("name: x\nstep: {}\n")
    status, _, err = diff(tmp_path / "p.yaml", write("a.json"))
    assert (status, "p.yaml:2" in err) == (2, True)


def test_one_of_the_two_may_be_standard_input(diff, write):
    path = write("a.json", fail("a"))
    done = CliRunner().invoke(command, ["-", str(path)], input=path.read_bytes(), standalone_mode=False)
    assert (done.output, done.return_value) == ("no difference\n", 0)
    assert diff("-", "-")[0] == 2


@pytest.mark.parametrize(
    ("text", "room", "start", "shown"),
    [
        ("abcdefghij", 10, 5, "abcdefghij"),
        ("abcdefghijk", 10, 0, "abcdefg..."),
        ("abcdefghijk", 10, 9, "...efghijk"),
        ("abcdefghijklmnopqrstuvwxyz", 10, 8, "...lmno..."),
    ],
)
def test_a_long_value_is_cut_to_its_room(text, room, start, shown):
    assert _cut(text, room, start) == shown


def shown_in_a_terminal(arguments, cwd, columns=80):
    """What a command prints into a terminal of so many columns."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    command = [sys.executable, "-m", "stepsmith", *arguments]
    with subprocess.Popen(command, cwd=cwd, env=environment, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # Linux says so that the other side was closed
            pass
    os.close(ours)
    return process.returncode, shown.decode().replace("\r\n", "\n")


def changed_example(example):
    """The example with its caches on, as b.yaml with a few changes, as the docs tell of it."""
    text = (example / "pipeline.yaml").read_text()
    text = text.replace("defaults:\n", "defaults:\n  cache: {enabled: true, expire_after: P30D}\n")
    (example / "a.yaml").write_text(text)
    changed = text.replace("label: species\n", "label: species\n    seed: 1\n    instance_type: ml.m5.xlarge\n")
    changed = changed.replace("default: PendingManualApproval", "default: Approved")
    (example / "b.yaml").write_text(changed)


def test_in_a_terminal_it_fits_80_columns_and_is_what_the_docs_show(example):
    changed_example(example)
    status, shown = shown_in_a_terminal(["diff", "a.yaml", "b.yaml"], example)
    assert status == 1
    assert max(map(len, shown.splitlines())) <= 80
    assert f"$ stepsmith diff a.yaml b.yaml\n{shown}```" in DOCS.read_text()


def test_two_long_values_are_cut_in_a_terminal_where_they_begin_to_differ(write, tmp_path):
    long = "s3://bucket/" + "x" * 80
    write("a.json", step("prepare", f"{long}/1/"))
    write("b.json", step("prepare", f"{long}/2/", Environment={"A": "y" * 100}))
    _, shown = shown_in_a_terminal(["diff", "a.json", "b.json"], tmp_path)
    lines = shown.splitlines()
    assert [lines[2][:11], lines[2][-4:], lines[3][:11], lines[3][-4:]] == [
        "      - ...",
        '/1/"',
        "      + ...",
        '/2/"',
    ]
    assert max(map(len, lines)) <= 80


def test_a_path_that_does_not_fit_a_terminal_is_folded_before_a_dot(write, tmp_path):
    deep = {"A" * 30: {"B" * 20: {"C" * 20: {"D": "x" * 80}}}}
    changed = {"A" * 30: {"B" * 20: {"C" * 20: {"D": "y"}}}}
    write("a.json", step("prepare", **deep))
    write("b.json", step("prepare", **changed))
    _, shown = shown_in_a_terminal(["diff", "a.json", "b.json"], tmp_path)
    assert shown.splitlines()[1:3] == [f"    Arguments.{'A' * 30}.{'B' * 20}", f"      .{'C' * 20}.D:"]
