from __future__ import annotations

import json
from pathlib import Path

import pytest

from stepsmith.cli.main import main

EXAMPLE = str(Path(__file__).parents[3] / "examples" / "pretrained-model" / "pipeline.yaml")
TIED = """
name: tied
region: eu-west-1
pipeline_s3_loc: s3://my-bucket/tied
steps:
  one: {type: DummyTraining, pretrained_model_path: a.tar.gz}
  two: {type: DummyTraining, pretrained_model_path: b.tar.gz}
  package: {type: ModelPackaging, code: x, after: [one, two]}
"""


@pytest.fixture
def run(capsys):
    """Calls `stepsmith explain` in this process: its status, and what it printed."""

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["explain", *map(str, arguments)])
        return ended.value.code, *capsys.readouterr()

    return call


@pytest.fixture
def tied(tmp_path):
    path = tmp_path / "pipeline.yaml"
    path.write_text(TIED)
    return path


def test_every_input_is_told_with_its_rule_and_what_lost(run):
    status, out, err = run(EXAMPLE)
    assert (status, err) == (0, "")
    assert "prepare needs nothing from other steps\n" in out
    assert "model.pretrained_model_path: the config, by written\n" in out
    assert "package.model_input: model.model_output, by alias\n" in out
    assert "    not model.model_output: by keyword, and alias goes before\n" in out


def test_one_step_or_one_input_is_told_alone(run):
    assert run(EXAMPLE, "register")[1].count("register.") == 2
    assert run(EXAMPLE, "register.PackagedModel")[1].count("register.") == 1


def test_the_same_as_json(run):
    status, out, _ = run(EXAMPLE, "package", "--json")
    (told,) = json.loads(out)["inputs"]
    assert status == 0
    assert told["source"] == "model.model_output"
    assert (told["rule"], told["required"], told["findings"]) == ("alias", True, [])


def test_a_tie_is_told_with_its_line_and_every_way_to_settle_it(run, tied):
    status, out, _ = run(tied)
    assert status == 1
    assert "package.model_input: nothing\n    RES002 pipeline.yaml:8" in out
    assert "inputs: {model_input: one.model_output} or inputs: {model_input: two.model_output}" in out
    assert "not one.model_output, two.model_output: tied by alias" in out
    (finding,) = json.loads(run(tied, "package", "--json")[1])["inputs"][0]["findings"]
    assert (finding["code"], finding["where"]) == ("RES002", "steps.package.model_input")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("packge", "did you mean 'package'?"),
        ("package.model", "did you mean 'model_input'?"),
        ("", "no step is named ''"),
    ],
)
def test_a_place_that_is_not_there_is_told_with_the_nearest(run, place, message):
    status, _, err = run(EXAMPLE, place)
    assert status == 1
    assert "RES006" in err
    assert message in err
