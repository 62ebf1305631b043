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

from stepsmith.cli.commands.run import _failure, _interrupted_once
from stepsmith.diagnostics import Finding
from stepsmith.local.history import RunHistory
from stepsmith.local.run import StepFailedError
from stepsmith.scaffold import new_step

# A pipeline of a step that waits for ever, and of one after it.
WAITING = """\
name: one
region: eu-west-1
pipeline_s3_loc: s3://bucket/x
packages: waiting/src/waits_for_ever
steps:
  prepare: {type: WaitsForEver, source: waiting/data/, title: x}
  payload: {type: Payload, samples: samples.csv, after: [prepare]}
"""
WAITS = """

import time
print("begun", flush=True)
time.sleep(600)
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


def masked(text, folder):
    """A text without what differs from run to run: ids, digests, times, seconds and sizes; `folder` has the store."""
    for run in (folder / ".stepsmith" / "runs").iterdir():
        text = text.replace(run.name, "ID")
    text = re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", text)
    text = re.sub(r"\b20\S+Z\b", "TIME", text)
    return re.sub(r" +\d+\.\d\d s\b| +[\d.]+ k?B (in|out)\b", "", text)


def said(err):
    """The lines of standard error without the one that says what does not hold in plain processes."""
    return [line for line in err.splitlines() if not line.startswith("note: ")]


def test_a_run_says_what_it_did_and_where_everything_is(stepsmith, example, snapshot):
    done = stepsmith("run", "pipeline.yaml", cwd=example)
    assert (done.status, said(done.err)) == (0, [])
    snapshot(masked(done.out, example))
    for name in ("package", "payload", "logs", "registry"):
        (line,) = (line for line in done.out.splitlines() if line.startswith(f"{name} ") and "/" in line)
        assert (example / line.split(maxsplit=1)[1]).exists(), line


def test_where_nothing_is_registered_it_says_where_the_outputs_are(
    stepsmith, s3_pipeline, model_archive, tmp_path, snapshot
):
    s3_pipeline.write_bytes(model_archive().read_bytes())
    done = stepsmith("run", "pipeline.yaml")
    (line,) = (line for line in done.out.splitlines() if line.startswith("model.model_output "))
    assert (tmp_path / line.split(maxsplit=1)[1] / "model.tar.gz").exists()
    snapshot(masked(done.out, tmp_path))


def test_everything_is_kept_beside_the_file_wherever_one_stands(stepsmith, small, tmp_path):
    elsewhere = tmp_path / "else" / "where"
    elsewhere.mkdir(parents=True)
    assert stepsmith("run", small, cwd=elsewhere).status == 0
    assert (small.parent / ".stepsmith" / "stepsmith.db").exists()
    assert list(elsewhere.iterdir()) == []


def test_a_store_and_parameters_can_be_given(stepsmith, small, tmp_path):
    done = stepsmith("run", small.name, "--store", "s", "-p", "Approval=Approved", "--json")
    run = json.loads(done.out)
    assert run["model_packages"][0]["ModelApprovalStatus"] == "Approved"
    assert run["store"] == str(tmp_path / "s")
    assert [step["status"] for step in run["steps"]] == ["Succeeded"] * 2
    assert not (tmp_path / ".stepsmith").exists()


def test_an_unknown_parameter_is_refused_with_the_nearest(stepsmith, small, findings, snapshot):
    done = stepsmith("run", small.name, "-p", "Aproval=x", "--json")
    assert (done.status, findings(done)) == (1, [("DEF110", "Aproval", "")])
    snapshot(done.err)


def test_a_failed_step_is_told_in_at_most_ten_lines(stepsmith, s3_pipeline, tmp_path, snapshot):
    s3_pipeline.write_bytes(b"\x1f\x8b no gzip")
    done = stepsmith("run", "pipeline.yaml")
    assert (done.status, done.codes) == (1, ["RUN044"])
    lines = said(done.err)
    assert len(lines) <= 10
    # Where no sandbox has a container's own paths, those in the log are this machine's.
    snapshot(re.sub(r"\breading \S+", "reading PATH", masked("\n".join(lines), tmp_path)))
    (log,) = tmp_path.glob(".stepsmith/runs/*/model.log")
    assert str(log.relative_to(tmp_path)) in lines[-1]
    assert "Traceback" in log.read_text()
    assert not (tmp_path / ".stepsmith" / "running").exists()


@pytest.mark.parametrize(
    "form", ["2024-01-02T03:04:05.678Z INFO read ", "a line of another form "], ids=["ours", "another"]
)
def test_however_much_is_in_its_log_a_failed_step_is_told_in_at_most_ten_lines(tmp_path, form, snapshot):
    log = tmp_path / "one.log"
    log.write_text("".join(f"{form}{number} {'x' * 300}\n" for number in range(99)))
    text = _failure(StepFailedError("one", Finding("RUN044", "it broke " * 999, suggestion="mend it"), log))
    told = text.splitlines()
    assert len(told) <= 10
    assert (told[0].split()[0], told[0].count("it broke "), len(told[0]) < 1100) == ("RUN044", 111, True)
    assert [line[:200] for line in told[3:-1]] == [f"  {form}{number} {'x' * 300}"[:200] for number in range(94, 99)]
    assert max(map(len, told[3:-1])) <= 202
    assert str(log) in told[-1]
    snapshot(re.sub(r"(it broke |x){9,}", r"\1…", text))


def test_a_line_break_in_a_reason_or_in_a_log_makes_no_line_of_its_own(tmp_path):
    log = tmp_path / "one.log"
    log.write_text("ends here\r::error::from the log\n")
    reason = "holds what is no file: \x1b[31m\n::error::from a file's name"
    told = _failure(StepFailedError("one", Finding("RUN045", reason), log)).splitlines()
    assert ([line for line in told if line.startswith("::")], "\x1b" in "".join(told)) == ([], False)
    assert [line.rpartition("::")[2] for line in told if "::error::" in line] == ["from a file's name", "from the log"]


@pytest.fixture
def two_bad(tmp_path, s3_pipeline, model_archive):
    """A pipeline in which two steps fail, one is not run for it, and one succeeds."""
    s3_pipeline.write_bytes(b"no gzip")
    model_archive()
    (tmp_path / "inference").mkdir()
    (tmp_path / "inference" / "inference.py").write_text("def model_fn(folder): ...\n")
    (tmp_path / "pipeline.yaml").write_text(TWO_BAD)
    return tmp_path


def test_the_end_of_a_run_says_which_steps_failed_were_not_run_and_succeeded(stepsmith, two_bad, snapshot):
    done = stepsmith("run", "pipeline.yaml", "--jobs", "1")
    assert done.status == 1
    snapshot(masked(done.out, two_bad))


def test_each_step_that_failed_is_told_before_the_end_of_the_run_is(two_bad, terminal):
    one = terminal("-m", "stepsmith", "run", two_bad / "pipeline.yaml", "--jobs", "3", columns=1000, TERM="dumb")
    status, screen = one.end()
    told = [line.split()[1] for line in screen.lines if line.startswith("RUN044 ")]
    assert (status, sorted(told)) == (1, ["pipeline.yaml:5:8", "pipeline.yaml:6:8"])
    assert screen.text.rindex(".log") < screen.text.index("\nrun ")


def test_several_failed_steps_are_one_json_document(stepsmith, two_bad, findings, snapshot):
    done = stepsmith("run", "pipeline.yaml", "--json", "-j", "1")
    told = json.loads(done.out)
    assert findings(done) == [
        ("RUN044", "steps.one", "pipeline.yaml:5:8"),
        ("RUN044", "steps.two", "pipeline.yaml:6:8"),
    ]
    assert {step["name"]: step["status"] for step in told["steps"]} == {
        "one": "Failed",
        "two": "Failed",
        "good": "Succeeded",
        "package": "NotRun",
    }
    by_name = {step["name"]: step for step in told["steps"]}
    assert by_name["package"]["log"] is None
    assert (Path(by_name["good"]["outputs"]["model_output"]) / "model.tar.gz").exists()
    for name in ("one", "package"):
        snapshot(by_name[name]["reason"])
    size = (two_bad / "model.tar.gz").stat().st_size
    assert (by_name["good"]["bytes_in"], by_name["good"]["bytes_out"]) == (size, size)


def test_verbose_leaves_the_json_document_alone(stepsmith, s3_pipeline):
    s3_pipeline.write_bytes(b"no gzip")
    done = stepsmith("run", "pipeline.yaml", "--json", "-v")
    assert json.loads(done.out)["status"] == "Failed"
    assert re.search(r"(?m)^model +\| \S+Z INFO ", done.err)


def test_what_does_not_hold_in_plain_processes_is_told_once_and_in_json(stepsmith, small):
    done = stepsmith("run", small.name, "--sandbox", "process")
    run = json.loads(stepsmith("run", small.name, "--sandbox", "process", "--json").out)
    assert (run["sandbox"], done.err) == ("process", f"note: {run['warning']}\n")


def test_a_run_that_fails_before_its_first_step_is_told_and_kept_with_the_reason(stepsmith, small, snapshot):
    place = small.parent / ".stepsmith"
    place.mkdir()
    (place / "objects").touch()
    done = stepsmith("run", small.name)
    assert (done.status, done.out, done.codes) == (1, "", ["RUN011"])
    (kept,) = RunHistory(place / "stepsmith.db").runs()
    assert kept.status == "Failed"
    assert kept.reason in done.err
    snapshot(re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", done.err))


@pytest.mark.parametrize("option", [["--jobs", "0"], ["-j", "many"], ["--sandbox", "docker"]], ids=" ".join)
def test_what_cannot_be_chosen_is_wrong_usage(stepsmith, small, option, snapshot):
    done = stepsmith("run", small.name, *option)
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)
    assert not (small.parent / ".stepsmith").exists()


def test_a_model_that_is_not_there_is_told_with_the_place_to_put_it(
    stepsmith, s3_pipeline, model_archive, tmp_path, snapshot
):
    done = stepsmith("run", "pipeline.yaml")
    assert (done.status, done.codes) == (1, ["RUN042"])
    assert str(s3_pipeline) in done.err
    snapshot(masked("\n".join(said(done.err)), tmp_path))
    s3_pipeline.write_bytes(model_archive().read_bytes())
    assert stepsmith("run", "pipeline.yaml").status == 0


def test_a_failed_step_is_told_as_json_too(stepsmith, s3_pipeline, findings):
    s3_pipeline.write_bytes(b"no gzip")
    done = stepsmith("run", "pipeline.yaml", "--json")
    told = json.loads(done.out)
    assert (done.status, told["status"], told["step"]) == (1, "Failed", "model")
    assert findings(done) == [("RUN044", "steps.model", "pipeline.yaml:5:10")]
    assert Path(told["log"]).exists()


def test_bad_input_is_told_as_json_too(stepsmith, tmp_path, findings):
    (tmp_path / "pipeline.yaml").write_text(S3_MODEL.replace("region", "regoin"))
    done = stepsmith("run", "pipeline.yaml", "--json")
    assert (done.status, findings(done)) == (1, [("YML006", "regoin", "pipeline.yaml:2:1")])


def test_what_a_log_warns_of_is_shown_under_its_step(stepsmith, tmp_path, snapshot):
    head = S3_MODEL.partition("  model:")[0]
    (tmp_path / "pipeline.yaml").write_text(f"{head}  payload: {{type: Payload, samples: samples.csv, count: 900}}\n")
    (tmp_path / "samples.csv").write_text("age,income\n31,42000\n")
    done = stepsmith("run", "pipeline.yaml")
    snapshot("\n".join(masked(done.out, tmp_path).splitlines()[:2]))


@pytest.mark.parametrize("lines", [0, 1], ids=["no line", "a line"])
def test_a_run_goes_on_when_nobody_reads_what_it_says(stepsmith, small, in_background, lines):
    ours, theirs = os.pipe()
    run = in_background("-m", "stepsmith", "run", "-v", small.name, output=f"/proc/{os.getpid()}/fd/{theirs}")
    os.close(theirs)
    with os.fdopen(ours) as reader:
        for _ in range(lines):
            assert reader.readline()
    assert (run.end(), said(run.err)) == (0, [])
    assert len(json.loads(stepsmith("models", "--json").out)) == 1


@pytest.mark.parametrize(
    ("sink", "ended"),
    [("> /dev/full", (1, ["RUN009"])), (">&-", (0, []))],
    ids=["a full disk", "a closed output"],
)
def test_a_run_goes_on_when_what_it_says_goes_nowhere(stepsmith, small, sink, ended):
    bash = ["bash", "-c", f"{sys.executable} -m stepsmith run -v pipeline.yaml {sink}"]
    done = subprocess.run(bash, cwd=small.parent, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, [line.split()[0] for line in said(done.stderr) if line[:3] == "RUN"]) == ended
    assert len(json.loads(stepsmith("models", "--json").out)) == 1


@pytest.fixture
def slow(tmp_path, in_background):
    """Begins a run whose first step does not end, and waits until that step is at it."""
    made = new_step("WaitsForEver", tmp_path / "waiting")
    script = made / "src" / "waits_for_ever" / "script.py"
    script.write_text(script.read_text().replace("\n\ndef parse_args", f"{WAITS}\n\ndef parse_args"))
    (tmp_path / "samples.csv").write_text("age,income\n31,42000\n")
    (tmp_path / "pipeline.yaml").write_text(WAITING)

    def start(*options):
        started = in_background("-m", "stepsmith", "run", "pipeline.yaml", *options)
        until = time.monotonic() + 60
        while not any(log.read_text() for log in tmp_path.glob(".stepsmith/runs/*/prepare.log")):
            assert time.monotonic() < until, "waited in vain"
            time.sleep(0.01)
        assert processes_in(tmp_path / ".stepsmith" / "running")
        return started

    return start


def states(folder):
    """The states of the latest run and of its steps, as they are kept."""
    history = RunHistory(folder / ".stepsmith" / "stepsmith.db")
    latest = history.run(history.runs()[0].id)
    return latest.status, {step.name: step.status for step in latest.steps}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda one: one.name)
def test_whoever_ends_the_run_ends_its_step_and_leaves_nothing(slow, tmp_path, number, snapshot):
    run = slow()
    run.send(number)
    assert run.end() == 130
    assert not processes_in(tmp_path / ".stepsmith" / "running")
    assert not (tmp_path / ".stepsmith" / "running").exists()
    assert states(tmp_path) == ("Stopped", {"prepare": "Stopped", "payload": "NotRun"})
    snapshot(masked(run.out, tmp_path))
    snapshot("\n".join(said(run.err)))


def test_whoever_ends_the_run_again_while_it_ends_changes_nothing(slow, tmp_path):
    run = slow()
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        run.send(number)
        time.sleep(0.002)
    # The last of them may find an interpreter that is already ending.
    assert run.end() in (130, -signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP)
    assert not processes_in(tmp_path / ".stepsmith" / "running")
    assert not (tmp_path / ".stepsmith" / "running").exists()
    assert states(tmp_path) == ("Stopped", {"prepare": "Stopped", "payload": "NotRun"})


def test_a_run_that_was_ended_is_a_json_document_too(slow):
    run = slow("--json")
    run.send(signal.SIGTERM)
    assert run.end() == 130
    told = json.loads(run.out)
    assert told["status"] == "Stopped"
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
