"""Steps of ours in a pipeline that is written with SageMaker's Python SDK, v2 and v3."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from stepsmith.definition.checks import check
from stepsmith.definition.parse import parse

pytestmark = pytest.mark.sdk
EXAMPLE = Path(__file__).parents[2] / "examples" / "pretrained-model"
SDKS = ("v2", "v3")


@pytest.fixture(scope="module")
def answers(asked_of_both):
    """What came of it, by SDK."""
    facts = {"code": str(EXAMPLE / "inference"), "model": str(EXAMPLE / "models" / "penguins.tar.gz")}
    return asked_of_both(lambda _: "mixed", lambda sdk: {**facts, "sdk": sdk})


@pytest.fixture(params=SDKS)
def answer(request, answers):
    """What came of it with one SDK."""
    return answers[request.param]["definitions"]


def test_a_pipeline_of_their_steps_and_ours_is_valid(answer):
    definition = parse(answer["definitions"][0])
    assert [step.name for step in definition.steps] == ["evaluate", "model", "package", "register", "empty"]
    assert [str(finding) for finding in check(definition)] == []


def test_the_definition_is_the_same_each_time(answer):
    assert answer["definitions"][0] == answer["definitions"][1]


def test_our_steps_stand_in_it_as_they_were_built(answer):
    steps = {step["Name"]: step for step in json.loads(answer["definitions"][0])["Steps"]}
    assert {name: steps[name] for name in answer["ours"]} == answer["ours"]


def test_what_the_sdk_only_knows_when_it_runs_is_a_reference_of_ours(answer):
    model = answer["ours"]["model"]
    assert model["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3Uri"] == {
        "Get": "Steps.evaluate.ProcessingOutputConfig.Outputs['evaluation'].S3Output.S3Uri"
    }
    assert model["Arguments"]["ProcessingResources"]["ClusterConfig"]["InstanceType"] == {"Get": "Parameters.Instance"}
    assert model["Arguments"]["StoppingCondition"] == {"MaxRuntimeInSeconds": {"Get": "Parameters.Seconds"}}
    joined = {"Std:Join": {"On": "-", "Values": ["of", {"Get": "Execution.PipelineName"}]}}
    share = {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Share"}]}}
    assert model["Arguments"]["Environment"] == {"STAGE": joined, "SHARE": share}
    assert model["CacheConfig"] == {"Enabled": True}


def test_a_step_of_theirs_that_is_not_read_is_waited_for(answer):
    assert answer["alone"]["DependsOn"] == ["evaluate"]


def test_a_step_that_was_handed_over_fills_the_inputs_of_another(answer):
    model = answer["ours"]["package"]["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3Uri"]
    assert model == {"Get": "Steps.model.ProcessingOutputConfig.Outputs['model_output'].S3Output.S3Uri"}


def test_a_step_may_wait_for_another_to_fail_where_the_sdk_has_that(answers, snapshot):
    wanted = [{"Step": "evaluate", "Trigger": "Failed"}]
    assert answers["v3"]["definitions"]["failed"] == [wanted, wanted]
    (refused,) = answers["v2"]["definitions"]["failed"]
    assert refused.split()[0] == "SDK003"
    snapshot(refused)


def test_the_item_of_a_loop_is_read_as_it_is(answers):
    wanted = [{"Get": "ForEach.CurrentItem.uri"}, {"Get": "ForEach.CurrentItem['kind']"}]
    assert answers["v3"]["definitions"]["looped"] == wanted


def test_a_step_that_is_waited_for_and_not_there_is_named(answer):
    assert "evaluate" in answer["unknown"]


def test_a_type_that_the_sdk_does_not_know_is_refused(answer, snapshot):
    assert answer["unknown type"].split()[:2] == ["SDK003", "steps.one:"]
    snapshot(answer["unknown type"])


def test_the_files_of_a_step_are_uploaded_once_and_when_they_are_not_whole(answer):
    uploads = answer["uploads"]
    assert uploads["sizes"] == uploads["wanted"]
    assert uploads["again"] == [uploads["model"]]
    assert uploads["and again"] == []


def test_a_bucket_that_is_not_there_is_told(answer, snapshot):
    refused = answer["uploads"]["refused"]
    assert refused.split()[0] == "SDK004"
    snapshot(re.sub("[0-9a-f]{64}", "SHA256", refused))


@pytest.mark.parametrize("sdk", SDKS)
def test_no_other_machine_was_asked(sdk, answers):
    assert answers[sdk]["asked"] == []
