from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

PREPARE = "  prepare: {type: TabularPreprocessing, data: data.csv, label: b, stratify: true}\n"

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
        line = [line for line in done.out.splitlines() if line.startswith(f"  {name} ")][-1]
        assert (example / line.split(maxsplit=1)[1]).exists(), line


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


def test_a_failed_step_is_told_in_at_most_ten_lines(stepsmith, s3_pipeline, tmp_path):
    s3_pipeline.write_bytes(b"\x1f\x8b no gzip")
    done = stepsmith("run", "pipeline.yaml")
    assert done.status == 1
    lines = done.err.splitlines()
    assert len(lines) <= 10
    assert lines[0].startswith("RUN044 pipeline.yaml:5 step 'model' failed: ARC00")
    assert "INFO reading" in done.err
    assert "Traceback" not in done.err
    log = tmp_path / lines[-1].removeprefix("the whole log: ")
    assert "Traceback" in log.read_text()
    assert "model" in done.out
    assert list((tmp_path / ".stepsmith" / "sandboxes").iterdir()) == []


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


@pytest.mark.parametrize("sink", ["| head -1", "> /dev/full", "| true"])
def test_a_run_goes_on_when_nobody_reads_what_it_says(stepsmith, example, sink):
    command = f"set -o pipefail; {sys.executable} -m stepsmith run pipeline.yaml {sink}"
    done = subprocess.run(["bash", "-c", command], cwd=example, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(stepsmith("models", "--json", cwd=example).out)) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_whoever_ends_the_run_ends_its_step_and_leaves_nothing(tmp_path, number):
    with (tmp_path / "data.csv").open("w") as file:
        file.write("a,b\n")
        file.writelines(f"{row},x\n" for row in range(1_500_000))
    (tmp_path / "pipeline.yaml").write_text(S3_MODEL.partition("  model:")[0] + PREPARE)
    process = subprocess.Popen(
        [sys.executable, "-m", "stepsmith", "run", "pipeline.yaml"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    sandboxes = tmp_path / ".stepsmith" / "sandboxes"
    for _ in range(600):
        if processes_in(sandboxes):
            break
        time.sleep(0.05)
    process.send_signal(number)
    told = process.communicate(timeout=60)[1]
    assert (process.returncode, told.strip()) == (130, "interrupted")
    assert not processes_in(sandboxes)
    assert list(sandboxes.iterdir()) == []
    with contextlib.closing(sqlite3.connect(tmp_path / ".stepsmith" / "stepsmith.db")) as connection:
        assert connection.execute("SELECT status FROM runs UNION ALL SELECT status FROM steps").fetchall() == [
            ("Stopped",),
            ("Stopped",),
        ]


def processes_in(folder):
    """The processes of this machine whose command names the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if str(folder).encode() in path.read_bytes():
                found.append(path.parent.name)
    return found
