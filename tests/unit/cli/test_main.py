from __future__ import annotations

import json
import subprocess
import sys

import pytest

from stepsmith import __version__
from stepsmith.cli.main import COMMANDS

DEFINITION = {"Version": "2020-12-01", "Steps": [{"Name": "s", "Type": "Fail", "Arguments": {"ErrorMessage": "m"}}]}
# What a process of each command does at its simplest, in the folder of the pipeline `small`; of what needs a server, or
# is run as a process elsewhere, its help.
SIMPLEST = {
    "archive": ["verify", "model.tar.gz"],
    "check": ["--explain", "ARC001"],
    "compile": ["pipeline.yaml"],
    "deploy": ["--help"],
    "diff": ["definition.json", "definition.json"],
    "executions": ["--help"],
    "explain": ["pipeline.yaml"],
    "graph": ["pipeline.yaml"],
    "models": [],
    "new": ["pipeline", "risk"],
    "policy": ["--help"],
    "retry": ["--help"],
    "run": ["--help"],
    "runs": [],
    "schema": ["--help"],
    "start": ["--help"],
    "steps": ["show", "Payload"],
    "stop": ["--help"],
    "validate": ["definition.json"],
    "watch": ["--help"],
}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_starts_as_a_process_and_does_its_simplest_work(name, stepsmith_process, small):
    (small.parent / "definition.json").write_text(json.dumps(DEFINITION))
    done = stepsmith_process(name, *SIMPLEST[name])
    assert (done.status, done.err) == (0, "")
    assert done.out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(name, stepsmith, snapshot):
    done = stepsmith(name, "--help")
    assert (done.status, done.err) == (0, "")
    assert done.out.count(f"stepsmith {name}") > 1  # in its usage, and in an example
    snapshot(done.out)


def test_the_help_lists_every_command_with_its_line(stepsmith, snapshot):
    done = stepsmith("--help")
    assert (done.status, done.err) == (0, "")
    assert all(line in done.out for _, line in COMMANDS.values())
    snapshot(done.out)


def test_the_version_is_shown(stepsmith):
    done = stepsmith("--version")
    assert (done.status, done.out.split()[-1]) == (0, __version__)


@pytest.mark.parametrize(
    "arguments", [["rnu"], ["run"], ["run", "--nope"], ["run", "pipeline.yaml", "-p", "novalue"]], ids=" ".join
)
def test_wrong_usage_is_exit_2(arguments, example, stepsmith, snapshot):
    done = stepsmith(*arguments, cwd=example)
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)


@pytest.mark.parametrize("word", ["rnu", "pipeline.yaml"])
def test_a_word_that_is_no_command_is_told_with_what_was_meant(word, stepsmith, snapshot):
    done = stepsmith(word)
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)


def test_bad_input_is_exit_1_and_a_message_without_a_traceback(tmp_path, stepsmith, snapshot):
    done = stepsmith("run", tmp_path / "none.yaml")
    assert (done.status, done.out, done.codes) == (1, "", ["YML004"])
    snapshot(done.err)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"new"}))
def test_a_command_whose_output_cannot_be_written_fails(name, tmp_path, small):
    (tmp_path / "definition.json").write_text(json.dumps(DEFINITION))
    with open("/dev/full", "w") as full:  # noqa: PTH123 - it is a device
        command = [sys.executable, "-m", "stepsmith", name, *SIMPLEST[name]]
        done = subprocess.run(command, cwd=small.parent, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("RUN009 ")


def test_a_reader_that_has_had_enough_is_no_failure(small):
    command = f"{sys.executable} -m stepsmith compile pipeline.yaml | head -c 1"
    shell = ["bash", "-o", "pipefail", "-c", command]
    done = subprocess.run(shell, cwd=small.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{", "")


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_a_credential_is_not_printed_by_its_own_warning(stepsmith, small, form):
    text = small.read_text()
    small.write_text(text + "defaults:\n  env: {DB_PASSWORD: hunter2-not-for-logs}\n")
    done = stepsmith("check", small.name, "--format", form, cwd=small.parent)
    assert "DEF170" in done.out
    assert "hunter2" not in done.out


HOSTILE = "k\x1b]0;title\x07\n::error file=x::injected"


@pytest.mark.parametrize(
    "command", ["check", "check --format github", "compile", "explain", "graph", "run", "validate"]
)
def test_what_a_file_says_reaches_no_terminal_as_it_is(stepsmith, small, command):
    written = json.dumps({"name": "p", HOSTILE: 1, "steps": {HOSTILE: {"type": HOSTILE, "after": HOSTILE}}})
    small.write_text(written)
    name, *options = command.split()
    done = stepsmith(name, small.name, *options, cwd=small.parent)
    assert done.status == 1
    assert "\x1b" not in done.out + done.err
    assert not any(line.startswith("::error file=x") for line in (done.out + done.err).splitlines())
