from __future__ import annotations

import json

import pytest

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
    assert lines[0].startswith("RUN044 step 'model' failed: ARC00")
    assert "ERROR failed: ARC00" in done.err
    assert "Traceback" not in done.err
    log = tmp_path / lines[-1].removeprefix("the whole log: ")
    assert "Traceback" in log.read_text()
    assert "model" in done.out
    assert not (tmp_path / ".stepsmith" / "sandboxes").exists()


def test_a_model_that_is_not_there_is_told_with_the_place_to_put_it(stepsmith, s3_pipeline, model_archive):
    done = stepsmith("run", "pipeline.yaml")
    assert done.status == 1
    assert f"its place is {s3_pipeline}" in done.err
    s3_pipeline.write_bytes(model_archive().read_bytes())
    assert stepsmith("run", "pipeline.yaml").status == 0
