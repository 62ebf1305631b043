from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

from support.texts import record_of_json

EXAMPLE = str(Path(__file__).parents[4] / "examples" / "pretrained-model" / "pipeline.yaml")
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
def explain(stepsmith):
    """Calls `stepsmith explain`."""
    return functools.partial(stepsmith, "explain")


@pytest.fixture
def chain(tmp_path):
    """Writes a pipeline of a number of pairs of steps, each pair after the one before."""

    def write(pairs):
        lines = ["name: chain", "region: eu-west-1", "pipeline_s3_loc: s3://my-bucket/chain", "steps:"]
        for number in range(100, 100 + pairs):
            after = f", after: p{number - 1}" if number > 100 else ""
            lines.append(f"  m{number}: {{type: DummyTraining, pretrained_model_path: a.tar.gz{after}}}")
            lines.append(f"  p{number}: {{type: ModelPackaging, code: x, after: m{number}}}")
        path = tmp_path / "chain.yaml"
        path.write_text("\n".join(lines))
        return path

    return write


@pytest.fixture
def tied(tmp_path):
    path = tmp_path / "pipeline.yaml"
    path.write_text(TIED)
    return path


def test_every_input_is_told_with_its_rule_and_what_lost(explain, snapshot):
    done = explain(EXAMPLE)
    assert (done.status, done.err) == (0, "")
    snapshot(done.out)
    told = {(one["step"], one["input"]): one for one in json.loads(explain(EXAMPLE, "--all", "--json").out)["inputs"]}
    assert {place: (one["source"], one["rule"]) for place, one in told.items()} == {
        ("model", "pretrained_model_path"): ("the config", "written"),
        ("package", "model_input"): ("model.model_output", "alias"),
        ("payload", "samples"): ("prepare.test", "alias"),
        ("register", "PackagedModel"): ("package.packaged_model", "alias"),
        ("register", "GeneratedPayloadSamples"): ("payload.payload_samples", "alias"),
    }
    lost = [(one["source"], one["rule"]) for one in told["register", "PackagedModel"]["losers"]]
    assert ("model.model_output", "keyword") in lost


def test_one_step_or_one_input_is_told_alone(explain):
    assert explain(EXAMPLE, "register").out.count("register.") == 2
    assert explain(EXAMPLE, "register.PackagedModel").out.count("register.") == 1


def test_of_a_whole_pipeline_each_loser_is_shown_once_for_a_reason(explain, chain, snapshot):
    done = explain(chain(4))
    snapshot(done.out)
    assert done.out.count("not m100.model_output") == 2  # for the next step of each of the two types
    assert "Repeated" not in explain(EXAMPLE).out


def test_of_one_step_or_with_all_every_loser_is_shown(explain, chain):
    pipeline = chain(4)
    for shown in (explain(pipeline, "p103").out, explain(pipeline, "p103.model_input").out):
        assert "not m100.model_output, m101.model_output, m102.model_output: by alias too, and further away" in shown
    every = explain(pipeline, "--all").out
    assert every.count("m100.model_output") == 7  # each step that comes after it
    assert explain(pipeline, "p103").out in every


def test_what_is_shown_of_a_whole_pipeline_grows_with_its_steps(explain, chain):
    sizes = [len(explain(chain(pairs)).out) for pairs in (10, 20, 30)]
    assert sizes[2] - sizes[1] == sizes[1] - sizes[0]


def test_json_of_a_whole_pipeline_has_losers_only_with_all(explain, chain):
    def inputs(*options):
        return json.loads(explain(chain(4), *options, "--json").out)["inputs"]

    assert not any("losers" in one for one in inputs())
    assert [len(one["losers"]) for one in inputs("--all")] == [0, 0, 2, 2, 4, 4, 6, 6]
    assert [len(one["losers"]) for one in inputs("p103")] == [6]


def test_the_same_as_json(explain):
    done = explain(EXAMPLE, "package", "--json")
    (told,) = json.loads(done.out)["inputs"]
    assert done.status == 0
    assert told["source"] == "model.model_output"
    assert (told["rule"], told["required"], told["findings"]) == ("alias", True, [])


def test_a_tie_is_told_with_its_line_and_every_way_to_settle_it(explain, tied, snapshot):
    done = explain(tied)
    assert (done.status, done.err) == (1, "")
    snapshot(done.out)
    (finding,) = json.loads(explain(tied, "package", "--json").out)["inputs"][0]["findings"]
    assert record_of_json(finding) == (
        "RES002",
        "steps.package.model_input",
        "pipeline.yaml:8:3",
    )


@pytest.mark.parametrize("place", ["packge", "package.model", ""], ids=["a step", "an input", "nothing"])
def test_a_place_that_is_not_there_is_told_with_the_nearest(explain, place, findings, snapshot):
    done = explain(EXAMPLE, place, "--json")
    assert (done.status, findings(done)) == (1, [("RES006", "", "")])
    snapshot(done.err)
