from __future__ import annotations

from pathlib import Path

import pytest

from stepsmith.definition.checks.properties import check_properties
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.parse import parse
from stepsmith.definition.references import Get, Join, JsonGet, JsonGetFromS3

GOLDEN = sorted((Path(__file__).parents[3] / "golden").glob("*/definition.json"))
NAMES = ("train", "test")
STEPS = (
    Step(
        "prepare",
        "Processing",
        {
            "ProcessingInputs": [{"InputName": "data"}],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": name} for name in NAMES]},
        },
    ),
    Step("none", "Processing", {}),
    Step("later", "Processing", {"ProcessingOutputConfig": Get("Parameters.Outputs")}),
    Step("some", "Processing", {"ProcessingOutputConfig": {"Outputs": [{"OutputName": Get("Parameters.Name")}]}}),
    Step("fit", "Training", {"InputDataConfig": [{"ChannelName": "train"}]}),
    Step("tune", "Tuning", {}),
    Step("register", "RegisterModel", {}),
    Step("automl", "AutoML", {}),
    Step("decide", "Condition", {"Conditions": [], "IfSteps": [], "ElseSteps": []}),
    Step("fail", "Fail", {"ErrorMessage": "no"}),
    Step("call", "Lambda", {}, others={"OutputParameters": [{"OutputName": "arn", "OutputType": "String"}]}),
    Step("wait", "Callback", {}, others={"OutputParameters": [{"OutputName": "arn", "OutputType": "String"}]}),
    Step("mute", "Lambda", {}),
    Step("quality", "QualityCheck", {}),
    Step("bias", "ClarifyCheck", {}),
    Step("emr", "EMR", {}),
    Step("serverless", "EMRServerless", {}),
    Step("lineage", "Lineage", {}),
    Step("quantum", "Quantum", {}),
)


def findings(*paths, value=None):
    reader = Step("reader", "Processing", {"Reads": [Get(path) for path in paths] if value is None else value})
    return check_properties(PipelineDefinition((*STEPS, reader)))


def codes(*paths, **value):
    return [finding.code for finding in findings(*paths, **value)]


@pytest.mark.parametrize(
    "path",
    [
        "Steps.prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri",
        'Steps.prepare.ProcessingOutputConfig.Outputs["test"].S3Output.S3Uri',
        "Steps.prepare.ProcessingOutputConfig.Outputs[1].S3Output.S3Uri",
        "Steps.prepare.ProcessingInputs['data'].S3Input.S3Uri",
        "Steps.prepare.ProcessingJobArn",
        "Steps.prepare.Environment['MODE']",
        "Steps.prepare.ProcessingOutputConfig",
        "Steps.prepare.PropertyFiles.facts",
        "Steps.later.ProcessingOutputConfig.Outputs['any'].S3Output.S3Uri",
        "Steps.some.ProcessingOutputConfig.Outputs['any'].S3Output.S3Uri",
        "Steps.fit.ModelArtifacts.S3ModelArtifacts",
        "Steps.fit.InputDataConfig['train'].DataSource.S3DataSource.S3Uri",
        "Steps.fit.FinalMetricDataList[0].Value",
        "Steps.fit.FinalMetricDataList['auc'].Value",
        "Steps.fit.HyperParameters['depth']",
        "Steps.tune.BestTrainingJob.TrainingJobName",
        "Steps.tune.TrainingJobSummaries[0].TrainingJobName",
        "Steps.register.ModelPackageArn",
        "Steps.register.InferenceSpecification.Containers[0].ModelDataUrl",
        "Steps.automl.BestCandidate.InferenceContainers[0].Environment['MODEL_NAME']",
        "Steps.automl.BestCandidateProperties.ModelInsightsJsonReportPath",
        "Steps.decide.Outcome",
        "Steps.call.OutputParameters['arn']",
        "Steps.wait.OutputParameters['arn']",
        "Steps.quality.CalculatedBaselineStatistics",
        "Steps.bias.CalculatedBaselineConstraints",
        "Steps.emr.ClusterId",
        "Steps.emr.Status.State",
        "Steps.serverless.anything.at.all",
        "Steps.quantum.anything.at.all",
        "Steps.lineage.ArtifactArns['data']",
        "Steps.not-there.ProcessingJobArn",
        "Parameters.Any",
        "Execution.PipelineName",
    ],
)
def test_a_path_that_the_step_has_is_no_finding(path):
    assert findings(path) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("Steps.prepare", "DEF150"),
        ("Steps.prepare.", "DEF150"),
        ("Steps.prepare['train']", "DEF150"),
        ("Steps.prepare.ProcessingOutputConfig.Outputs[train].S3Output.S3Uri", "DEF150"),
        ("Steps.prepare.ProcessingOutputConfig..Outputs[0]", "DEF150"),
        ("Steps.prepare.ProcessingOutputConfig.Outputs['train", "DEF150"),
        ("Steps.call.OutputParameters", "DEF150"),
        ("Steps.call.OutputParameters.arn", "DEF150"),
        ("Steps.call.OutputParameters['arn'].x", "DEF150"),
        ("Steps.prepare.ProcessingJobArm", "DEF151"),
        ("Steps.prepare.ProcessingOutputConfig.Output['train'].S3Output.S3Uri", "DEF151"),
        ("Steps.prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Url", "DEF151"),
        ("Steps.fit.ModelArtifact.S3ModelArtifacts", "DEF151"),
        ("Steps.fit.ModelArtifacts.S3ModelArtifact", "DEF151"),
        ("Steps.fit.ProcessingOutputConfig", "DEF151"),
        ("Steps.tune.TrainingJobSummary[0].TrainingJobName", "DEF151"),
        ("Steps.decide.Outcomes", "DEF151"),
        ("Steps.quality.ProcessingJobArn", "DEF151"),
        ("Steps.bias.CalculatedBaselineStatistics", "DEF151"),
        ("Steps.call.OutputParameter", "DEF151"),
        ("Steps.emr.State", "DEF151"),
        ("Steps.prepare.ProcessingOutputConfig.Outputs.train", "DEF152"),
        ("Steps.prepare.ProcessingOutputConfig[0]", "DEF152"),
        ("Steps.prepare.ProcessingJobArn.Arn", "DEF152"),
        ("Steps.prepare.Environment[0]", "DEF152"),
        ("Steps.prepare.Environment.MODE", "DEF152"),
        ("Steps.prepare.ProcessingOutputConfig.Outputs['trian'].S3Output.S3Uri", "DEF153"),
        ("Steps.prepare.ProcessingOutputConfig.Outputs[2].S3Output.S3Uri", "DEF153"),
        ("Steps.prepare.ProcessingInputs['date'].S3Input.S3Uri", "DEF153"),
        ("Steps.none.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri", "DEF153"),
        ("Steps.some.ProcessingOutputConfig.Outputs[1].S3Output.S3Uri", "DEF153"),
        ("Steps.fit.InputDataConfig['test'].DataSource.S3DataSource.S3Uri", "DEF153"),
        ("Steps.call.OutputParameters['arm']", "DEF154"),
        ("Steps.wait.OutputParameters['arm']", "DEF154"),
        ("Steps.mute.OutputParameters['arn']", "DEF154"),
        ("Steps.fail.ErrorMessage", "DEF155"),
    ],
)
def test_a_path_that_leads_nowhere_is_a_finding_with_what_to_write(snapshot, path, code):
    (finding,) = findings(path)
    assert (finding.code, finding.where) == (code, "steps.reader.Arguments.Reads[0]")
    snapshot(finding)


WRONG = "Steps.prepare.ProcessingJobArm"


@pytest.mark.parametrize(
    "value",
    [
        {"RoleArn": Get(WRONG)},
        [Join("/", ["a", Join("-", [Get(WRONG)])])],
        JsonGetFromS3(Join("/", [Get(WRONG), "facts.json"]), "x"),
    ],
)
def test_a_path_is_found_wherever_it_stands(value):
    assert codes(value=value) == ["DEF151"]


def test_a_property_file_is_no_property():
    assert codes(value=JsonGet("prepare", "facts", "x")) == []


def test_members_beside_the_arguments_are_read_too():
    reader = Step("reader", "Lambda", {}, others={"FunctionArn": Get(WRONG)})
    (finding,) = check_properties(PipelineDefinition((*STEPS, reader)))
    assert (finding.code, finding.where) == ("DEF151", "steps.reader.FunctionArn")


def test_a_condition_and_the_steps_of_its_branches_are_told_once_and_each_at_its_own_place():
    inner = Step("inner", "Processing", {"RoleArn": Get(WRONG)})
    condition = {"Type": "Equals", "LeftValue": Get("Steps.inner2.ProcessingJobArm"), "RightValue": 1}
    inner2 = Step("inner2", "Processing", {})
    outer = Step("outer", "Condition", {"Conditions": [condition], "IfSteps": [inner], "ElseSteps": [inner2]})
    assert [(finding.code, finding.where) for finding in check_properties(PipelineDefinition((*STEPS, outer)))] == [
        ("DEF151", "steps.outer.Arguments.Conditions[0].LeftValue"),
        ("DEF151", "steps.inner.Arguments.RoleArn"),
    ]


ODD = [Get("Parameters.P"), [Get("Parameters.P")], [{"OutputName": Join("", [])}], [{}], {"a": "b"}, 5]


@pytest.mark.parametrize("declared", ODD, ids=repr)
def test_output_parameters_whose_names_are_not_known_are_for_others_to_find(declared):
    reader = Step("reader", "Processing", {"RoleArn": Get("Steps.odd.OutputParameters['x']")})
    odd = Step("odd", "Lambda", {}, others={"OutputParameters": declared})
    assert check_properties(PipelineDefinition((odd, reader))) == []


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.parent.name)
def test_the_golden_definitions_have_no_finding(path):
    assert check_properties(parse(path.read_text(encoding="utf-8"))) == []
