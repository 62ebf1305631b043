import json

import pytest

from stepsmith.definition.references import Get, Join, JsonGet
from stepsmith.local.reference_values import ReferenceValues, StepResult

PROPERTIES = {
    "ProcessingJobName": "job",
    "ProcessingResources": {"ClusterConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.large"}},
    "ProcessingInputs": [{"InputName": "data", "S3Input": {"S3Uri": "s3://b/in/"}}],
    "ProcessingOutputConfig": {
        "Outputs": [
            {"OutputName": "first", "S3Output": {"S3Uri": "s3://b/first"}},
            {"OutputName": "with.dot", "S3Output": {"S3Uri": "s3://b/dot"}},
        ]
    },
    "Environment": {"a key": "spaced", "EMPTY": "", "NULL": None},
}
REPORT = {"sha256": "abc", "files": [{"name": "a"}, {"name": "b"}], "n": 0, "ok": False, "none": None, "ключ": "x"}


@pytest.fixture
def values(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(REPORT), encoding="utf-8")
    for name, text in (("broken", "{"), ("latin", '"\xe4"')):
        (tmp_path / name).write_text(text, encoding="latin-1")
    files = {"report": path, "gone": tmp_path / "gone", "broken": tmp_path / "broken", "latin": tmp_path / "latin"}
    return ReferenceValues(
        {"Text": "text", "Count": 3, "Ratio": 0.5, "Dry": True, "Empty": ""},
        {"PipelineExecutionId": "id"},
        {"first": StepResult(PROPERTIES, files)},
    )


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        (Get("Parameters.Text"), "text"),
        (Get("Parameters.Count"), 3),
        (Get("Parameters.Dry"), True),
        (Get("Parameters.Empty"), ""),
        (Get("Execution.PipelineExecutionId"), "id"),
        (Get("Steps.first.ProcessingJobName"), "job"),
        (Get("Steps.first.ProcessingResources.ClusterConfig.InstanceCount"), 2),
        (Get("Steps.first.ProcessingOutputConfig.Outputs['first'].S3Output.S3Uri"), "s3://b/first"),
        (Get('Steps.first.ProcessingOutputConfig.Outputs["first"].S3Output.S3Uri'), "s3://b/first"),
        (Get("Steps.first.ProcessingOutputConfig.Outputs['with.dot'].S3Output.S3Uri"), "s3://b/dot"),
        (Get("Steps.first.ProcessingOutputConfig.Outputs[1].S3Output.S3Uri"), "s3://b/dot"),
        (Get("Steps.first.ProcessingInputs['data'].S3Input.S3Uri"), "s3://b/in/"),
        (Get("Steps.first.Environment['a key']"), "spaced"),
        (Get("Steps.first.Environment.EMPTY"), ""),
        (Get("Steps.first.ProcessingInputs"), PROPERTIES["ProcessingInputs"]),
        (JsonGet("first", "report", "sha256"), "abc"),
        (JsonGet("first", "report", "files[1].name"), "b"),
        (JsonGet("first", "report", "files[1]['name']"), "b"),
        (JsonGet("first", "report", "n"), 0),
        (JsonGet("first", "report", "ok"), False),
        (JsonGet("first", "report", "['ключ']"), "x"),
    ],
    ids=repr,
)
def test_a_reference_is_the_value_that_it_leads_to(values, reference, value):
    found = values.resolved(reference)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("join", "text"),
    [
        (Join("/", ["s3://b", Get("Execution.PipelineExecutionId"), "x"]), "s3://b/id/x"),
        (Join("", [1, "-", 0.5, "-", True, "-", False]), "1-0.5-true-false"),
        (Join("-", [Get("Parameters.Count"), Get("Parameters.Ratio"), Get("Parameters.Dry")]), "3-0.5-true"),
        (Join("-", [Join("/", ["a", Get("Parameters.Text")]), JsonGet("first", "report", "n")]), "a/text-0"),
        (Join("-", ["only"]), "only"),
        (Join("-", []), ""),
    ],
)
def test_a_join_is_its_values_as_text(values, join, text):
    assert values.resolved(join) == text


def test_references_are_replaced_wherever_they_stand_and_all_else_is_as_it_was(values):
    written = {"a": [{"b": Get("Parameters.Text")}, (Get("Parameters.Count"), None)], "c": 1.5, "d": "Parameters.Text"}
    assert values.resolved(written) == {"a": [{"b": "text"}, [3, None]], "c": 1.5, "d": "Parameters.Text"}
    assert written["a"][0] == {"b": Get("Parameters.Text")}


@pytest.mark.parametrize(
    "reference",
    [
        Get(""),
        Get("Parameters"),
        Get("Parameters.Other"),
        Get("Parameters.Text.More"),
        Get("Execution.Other"),
        Get("Other.Text"),
        Get("Steps"),
        Get("Steps.second.ProcessingJobName"),
        Get("Steps.first.Other"),
        Get("Steps.first.ProcessingJobName.More"),
        Get("Steps.first.ProcessingOutputConfig.Outputs['other'].S3Output"),
        Get("Steps.first.ProcessingOutputConfig.Outputs[2].S3Output"),
        Get("Steps.first.ProcessingOutputConfig.Outputs[-1].S3Output"),
        Get("Steps.first.ProcessingOutputConfig.Outputs.first"[:-6] + "['first'"),
        Get("Steps.first.ProcessingOutputConfig..Outputs"),
        Get("Steps.first.ProcessingResources[0]"),
        Get("Steps.first.Environment.NULL"),
        JsonGet("second", "report", "sha256"),
        JsonGet("first", "other", "sha256"),
        JsonGet("first", "report", "other"),
        JsonGet("first", "report", "sha256.more"),
        JsonGet("first", "report", "files[2].name"),
        JsonGet("first", "report", "none"),
        JsonGet("first", "report", "$.sha256"),
    ],
    ids=repr,
)
def test_a_reference_that_leads_nowhere_is_refused_and_named(values, expect_error, reference):
    with expect_error("RUN030"):
        values.resolved({"deep": [Join("/", ["a", reference])]})


@pytest.mark.parametrize("file", ["gone", "broken", "latin"])
def test_a_property_file_that_cannot_be_read_is_refused_and_named(values, expect_error, file):
    with expect_error("RUN031"):
        values.resolved(JsonGet("first", file, "a"))


@pytest.mark.parametrize("path", ["files", "files[0]", pytest.param("", id="the whole file")])
def test_a_list_or_a_mapping_has_no_text_that_could_be_joined(values, expect_error, path):
    with expect_error("RUN033"):
        values.resolved(Join("/", ["a", JsonGet("first", "report", path)]))


def test_null_has_no_text_that_could_be_joined(values, expect_error):
    with expect_error("RUN033"):
        values.resolved(Join("/", ["a", None]))


def test_a_step_that_ended_can_be_read_from_then_on(values):
    values.steps["second"] = StepResult({"ProcessingJobName": "later"})
    assert values.resolved(Get("Steps.second.ProcessingJobName")) == "later"
    assert values.steps["second"].property_files == {}
