from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stepsmith.cli.run import _failure, _interrupted_once
from stepsmith.errors import Finding
from stepsmith.local.history import RunHistory
from stepsmith.local.run import StepFailedError

ROWS = 1_000_000
SLOW = """\
  prepare: {type: TabularPreprocessing, data: data.csv, label: b, stratify: true}
  payload: {type: Payload, after: [prepare]}
"""
TWO_BAD = """\
name: two
region: eu-west-1
pipeline_s3_loc: s3://bucket/x
steps:
  one: {type: DummyTraining, pretrained_model_path: s3://elsewhere/models/model.tar.gz}
  two: {type: DummyTraining, pretrained_model_path: s3://elsewhere/models/model.tar.gz}
  good: {type: DummyTraining, pretrained_model_path: model.tar.gz}
  package: {type: ModelPackaging, code: inference/, after: [one]}
"""

S3_MODEL = """\
name: one
region: eu-west-1
pipeline_s3_loc: s3://bucket/x
steps:
  model: {type: DummyTraining, pretrained_model_path: s3://elsewhere/models/model.tar.gz}
"""


@pytest.fixture
def s3_pipeline(tmp_path):
    """A pipeline of one step whose model lies on S3, which here is a folder of the store."""
    (tmp_path / "pipeline.yaml").write_text(S3_MODEL)
    place = tmp_path / ".stepsmith" / "objects" / "elsewhere" / "models"
    place.mkdir(parents=True)
    return place / "model.tar.gz"


def test_a_run_says_what_it_did_and_where_everything_is(stepsmith, example):
    done = stepsmith("run", "pipeline.yaml", cwd=example)
    assert done.status == 0, done.err
    for text in ("prepare", "register", "registered penguins version 1, PendingManualApproval", "source_sha256"):
        assert text in done.out
    for name in ("package", "payload", "logs", "registry"):
        (line,) = (line for line in done.out.splitlines() if line.startswith(f"{name} "))
        assert (example / line.split(maxsplit=1)[1]).exists(), line


def test_where_nothing_is_registered_it_says_where_the_outputs_are(stepsmith, s3_pipeline, model_archive, tmp_path):
    s3_pipeline.write_bytes(model_archive().read_bytes())
    done = stepsmith("run", "pipeline.yaml")
    (line,) = (line for line in done.out.splitlines() if line.startswith("model.model_output "))
    assert (tmp_path / line.split(maxsplit=1)[1] / "model.tar.gz").exists()
    (step,) = json.loads(stepsmith("run", "pipeline.yaml", "--json").out)["steps"]
    assert (Path(step["outputs"]["model_output"]) / "model.tar.gz").exists()


def test_everything_is_kept_beside_the_file_wherever_one_stands(stepsmith, example, tmp_path):
    done = stepsmith("run", example / "pipeline.yaml", cwd=tmp_path)
    assert done.status == 0
    assert (example / ".stepsmith" / "stepsmith.db").exists()
    assert not (tmp_path / ".stepsmith").exists()


def test_a_store_and_parameters_can_be_given(stepsmith, example, tmp_path):
    done = stepsmith(
        "run", "pipeline.yaml", "--store", tmp_path / "s", "-p", "Approval=Approved", "--json", cwd=example
    )
    run = json.loads(done.out)
    assert run["model_packages"][0]["ModelApprovalStatus"] == "Approved"
    assert run["store"] == str(tmp_path / "s")
    assert [step["status"] for step in run["steps"]] == ["Succeeded"] * 5
    assert not (example / ".stepsmith").exists()


def test_an_unknown_parameter_is_refused_with_the_nearest(stepsmith, example):
    done = stepsmith("run", "pipeline.yaml", "-p", "Aproval=x", cwd=example)
    assert done.status == 1
    assert "did you mean 'Approval'" in done.err


def said(err):
    """The lines of standard error without the one that says what does not hold in plain processes."""
    return [line for line in err.splitlines() if not line.startswith("note: ")]


def test_a_failed_step_is_told_in_at_most_ten_lines(stepsmith, s3_pipeline, tmp_path):
    s3_pipeline.write_bytes(b"\x1f\x8b no gzip")
    done = stepsmith("run", "pipeline.yaml")
    assert done.status == 1
    lines = said(done.err)
    assert len(lines) <= 10
    assert lines[0].startswith("RUN044 pipeline.yaml:5:10 step 'model' failed: ARC00")
    assert "INFO reading" in done.err
    assert "Traceback" not in done.err
    log = tmp_path / lines[-1].removeprefix("the whole log: ")
    assert "Traceback" in log.read_text()
    assert not (tmp_path / ".stepsmith" / "running").exists()


@pytest.mark.parametrize("form", ["2024-01-02T03:04:05.678Z INFO read ", "a line of another form "])
def test_however_much_is_in_its_log_a_failed_step_is_told_in_at_most_ten_lines(tmp_path, form):
    log = tmp_path / "one.log"
    log.write_text("".join(f"{form}{number} {'x' * 300}\n" for number in range(99)))
    told = _failure(StepFailedError("one", Finding("RUN044", "it broke " * 999, fix="mend it"), log)).splitlines()
    assert len(told) <= 10
    assert told[0].startswith("RUN044 step 'one' failed: it broke it broke")
    assert len(told[0]) < 1100
    assert told[1:3] == ["  fix: mend it", "the last lines of its log:"]
    assert [line[:200] for line in told[3:-1]] == [f"  {form}{number} {'x' * 300}"[:200] for number in range(94, 99)]
    assert max(map(len, told[3:-1])) <= 202
    assert told[-1] == f"the whole log: {log}"


@pytest.fixture
def two_bad(tmp_path, s3_pipeline, model_archive):
    """A pipeline in which two steps fail, one is not run for it, and one succeeds."""
    s3_pipeline.write_bytes(b"no gzip")
    model_archive()
    (tmp_path / "inference").mkdir()
    (tmp_path / "inference" / "inference.py").write_text("def model_fn(folder): ...\n")
    (tmp_path / "pipeline.yaml").write_text(TWO_BAD)
    return tmp_path


@pytest.mark.usefixtures("two_bad")
def test_the_end_of_a_run_says_which_steps_failed_were_not_run_and_succeeded(stepsmith):
    done = stepsmith("run", "pipeline.yaml", "--jobs", "1")
    assert done.status == 1
    end = done.out[done.out.index("\nrun ") :].splitlines()[1:]
    run_id = end[0].split()[1]
    assert end == [
        f"run {run_id} of two failed",
        "failed          one, two",
        "not run         package",
        "succeeded       good",
        f"logs            .stepsmith/runs/{run_id}",
    ]


def test_each_step_that_failed_is_told_before_the_end_of_the_run_is(two_bad):
    command = [sys.executable, "-m", "stepsmith", "run", "pipeline.yaml", "--jobs", "3"]
    together = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    out = subprocess.run(command, cwd=two_bad, **together, timeout=60, check=False).stdout
    told = re.findall(r"(?m)^RUN044 pipeline.yaml:\d:\d step '(\w+)' failed", out)
    assert sorted(told) == ["one", "two"]
    assert out.rindex("the whole log: ") < out.index("\nrun ")


def test_several_failed_steps_are_one_json_document(stepsmith, two_bad):
    done = stepsmith("run", "pipeline.yaml", "--json", "-j", "1")
    told = json.loads(done.out)
    assert [finding["at"] for finding in told["findings"]] == ["pipeline.yaml:5:8", "pipeline.yaml:6:8"]
    assert {step["name"]: step["status"] for step in told["steps"]} == {
        "one": "Failed",
        "two": "Failed",
        "good": "Succeeded",
        "package": "NotRun",
    }
    by_name = {step["name"]: step for step in told["steps"]}
    assert by_name["package"]["log"] is None
    assert by_name["package"]["reason"] == "it depends on 'one'"
    assert by_name["one"]["reason"].startswith("ARC00")
    size = (two_bad / "model.tar.gz").stat().st_size
    assert (by_name["good"]["bytes_in"], by_name["good"]["bytes_out"]) == (size, size)


def test_verbose_leaves_the_json_document_alone(stepsmith, s3_pipeline):
    s3_pipeline.write_bytes(b"no gzip")
    done = stepsmith("run", "pipeline.yaml", "--json", "-v")
    assert json.loads(done.out)["status"] == "Failed"
    assert re.search(r"(?m)^model +\| .* INFO reading", done.err)


def test_what_does_not_hold_in_plain_processes_is_told_once_and_in_json(stepsmith, example):
    done = stepsmith("run", "pipeline.yaml", "--sandbox", "process", cwd=example)
    assert done.err.startswith("note: steps run as plain processes")
    assert done.err.count("note: ") == 1
    run = json.loads(stepsmith("run", "pipeline.yaml", "--sandbox", "process", "--json", cwd=example).out)
    assert (run["sandbox"], run["warning"] in done.err) == ("process", True)


def test_a_run_that_fails_before_its_first_step_is_told_and_kept_with_the_reason(stepsmith, example):
    (example / ".stepsmith").mkdir()
    (example / ".stepsmith" / "objects").touch()
    done = stepsmith("run", "pipeline.yaml", cwd=example)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("RUN0")
    (kept,) = RunHistory(example / ".stepsmith" / "stepsmith.db").runs()
    assert kept.status == "Failed"
    assert kept.reason in done.err


@pytest.mark.parametrize(
    ("option", "hint"), [(["--jobs", "0"], "x>=1"), (["-j", "many"], "'many'"), (["--sandbox", "docker"], "'bwrap'")]
)
def test_what_cannot_be_chosen_is_wrong_usage(stepsmith, example, option, hint):
    done = stepsmith("run", "pipeline.yaml", *option, cwd=example)
    assert done.status == 2
    assert hint in done.err
    assert not (example / ".stepsmith").exists()


def test_a_model_that_is_not_there_is_told_with_the_place_to_put_it(stepsmith, s3_pipeline, model_archive):
    done = stepsmith("run", "pipeline.yaml")
    assert done.status == 1
    assert f"its place is {s3_pipeline}" in done.err
    s3_pipeline.write_bytes(model_archive().read_bytes())
    assert stepsmith("run", "pipeline.yaml").status == 0


def test_a_failed_step_is_told_as_json_too(stepsmith, s3_pipeline):
    s3_pipeline.write_bytes(b"no gzip")
    done = stepsmith("run", "pipeline.yaml", "--json")
    told = json.loads(done.out)
    assert (done.status, told["status"], told["step"]) == (1, "Failed", "model")
    assert told["findings"][0]["code"] == "RUN044"
    assert Path(told["log"]).exists()


def test_bad_input_is_told_as_json_too(stepsmith, tmp_path):
    (tmp_path / "pipeline.yaml").write_text(S3_MODEL.replace("region", "regoin"))
    done = stepsmith("run", "pipeline.yaml", "--json")
    assert (done.status, [one["code"] for one in json.loads(done.out)["findings"]]) == (1, ["YML006"])


def test_what_a_log_warns_of_is_shown_under_its_step(stepsmith, example):
    text = (example / "pipeline.yaml").read_text()
    (example / "pipeline.yaml").write_text(text.replace("type: Payload", "type: Payload\n    count: 900"))
    done = stepsmith("run", "pipeline.yaml", cwd=example)
    assert "    warning: 900 requests were wanted" in done.out


@pytest.mark.parametrize("sink", ["| head -1", "> /dev/full", "| true", ">&-"])
def test_a_run_goes_on_when_nobody_reads_what_it_says(stepsmith, example, sink):
    command = f"set -o pipefail; {sys.executable} -m stepsmith run -v pipeline.yaml {sink}"
    done = subprocess.run(["bash", "-c", command], cwd=example, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, said(done.stderr)) == (0, [])
    assert len(json.loads(stepsmith("models", "--json", cwd=example).out)) == 1


# Becomes a command that heeds the signals, whatever the tests were started by.
HEEDED = """\
import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.fixture
def slow(tmp_path):
    """Begins a run that takes its time, and waits until its first step is at it."""
    with (tmp_path / "data.csv").open("w") as file:
        file.write("a,b\n")
        file.writelines(f"{row},x\n" for row in range(ROWS))
    (tmp_path / "pipeline.yaml").write_text(S3_MODEL.partition("  model:")[0] + SLOW)
    started = []

    def start(*options):
        command = [sys.executable, "-c", HEEDED, "-m", "stepsmith", "run", "pipeline.yaml", *options]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, **pipes))
        until = time.monotonic() + 60
        while not processes_in(tmp_path / ".stepsmith" / "running"):
            assert time.monotonic() < until, "waited in vain"
            time.sleep(0.01)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def states(folder):
    """The states of the latest run and of its steps, as they are kept."""
    history = RunHistory(folder / ".stepsmith" / "stepsmith.db")
    latest = history.run(history.runs()[0].id)
    return latest.status, {step.name: step.status for step in latest.steps}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_whoever_ends_the_run_ends_its_step_and_leaves_nothing(slow, tmp_path, number):
    process = slow()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, [line for line in said(err) if line]) == (130, ["interrupted"])
    assert not processes_in(tmp_path / ".stepsmith" / "running")
    assert not (tmp_path / ".stepsmith" / "running").exists()
    assert states(tmp_path) == ("Stopped", {"prepare": "Stopped", "payload": "NotRun"})
    assert re.search(r"(?m)^run \w+ of one stopped\nstopped         prepare\nnot run         payload\nlogs ", out)


def test_whoever_ends_the_run_again_while_it_ends_changes_nothing(slow, tmp_path):
    process = slow()
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(number)
        time.sleep(0.002)
    process.communicate(timeout=60)
    # The last of them may find an interpreter that is already ending.
    assert process.returncode in (130, -signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP)
    assert not processes_in(tmp_path / ".stepsmith" / "running")
    assert not (tmp_path / ".stepsmith" / "running").exists()
    assert states(tmp_path) == ("Stopped", {"prepare": "Stopped", "payload": "NotRun"})


def test_a_run_that_was_ended_is_a_json_document_too(slow):
    process = slow("--json")
    process.send_signal(signal.SIGTERM)
    told = json.loads(process.communicate(timeout=60)[0])
    assert (process.returncode, told["status"]) == (130, "Stopped")
    assert [(step["name"], step["status"]) for step in told["steps"]] == [("prepare", "Stopped"), ("payload", "NotRun")]


@pytest.fixture
def heeded():
    """The signals that end a run, none of them ignored, whatever the tests were started by."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    yield numbers
    for number, handler in before.items():
        signal.signal(number, handler)


def test_only_the_first_signal_interrupts(heeded):
    tidied = []

    def run_to_its_end():
        with _interrupted_once():
            try:
                signal.raise_signal(signal.SIGHUP)
            finally:
                signal.raise_signal(signal.SIGTERM)
                signal.raise_signal(signal.SIGINT)
                tidied.append(True)

    with pytest.raises(KeyboardInterrupt):
        run_to_its_end()
    assert tidied
    assert [signal.getsignal(number) for number in heeded] == [signal.default_int_handler] * 3


@pytest.mark.usefixtures("heeded")
def test_a_signal_that_is_ignored_stays_so():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with _interrupted_once():
        signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def processes_in(folder):
    """The processes of this machine whose command names the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if str(folder).encode() in path.read_bytes():
                found.append(path.parent.name)
    return found
