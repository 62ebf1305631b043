"""A step type that SageMaker does not have, added as one record: everything that reads the records knows it."""

from __future__ import annotations

import json

import pytest

from stepsmith.aws.executions import _job
from stepsmith.aws.iam.policy import policies_of
from stepsmith.aws.watch import log_group_of
from stepsmith.definition.assets import Compiled
from stepsmith.definition.checks import errors_in
from stepsmith.definition.definition_diff import difference
from stepsmith.definition.model import all_steps
from stepsmith.definition.parse import parse
from stepsmith.local.preflight import check_runnable
from stepsmith.sagemaker.step_types import STEP_TYPES, NamedList, Refusal, Resource, StepType

ROLE = "arn:aws:iam::123456789012:role/SageMakerPipelines"
# It becomes a training job, whose debugger has a list that no real step type names.
WIDGET = StepType(
    source="this test",
    members=frozenset({"DependsOn", "CacheConfig"}),
    request="CreateTrainingJob",
    describe="DescribeTrainingJob",
    supplied=frozenset({"TrainingJobName", "AlgorithmSpecification", "ResourceConfig", "StoppingCondition"}),
    refusals=(Refusal("EnableManagedSpotTraining", "leave it out", "this test"),),
    outputs=NamedList(("DebugHookConfig", "CollectionConfigurations"), "CollectionName"),
    shares_port_names=True,
    branches=("Widgets",),
    is_loop=True,
    cache_key=("Arguments.HyperParameters",),
    written_members=("WidgetOutput",),
    resource=Resource("WidgetJob", ("CreateWidgetJob",), "widget-job", "/aws/sagemaker/WidgetJobs"),
    registers_model=True,
)


@pytest.fixture(autouse=True)
def record(monkeypatch):
    monkeypatch.setitem(STEP_TYPES, "Widget", WIDGET)


def collections(*names):
    entries = [{"CollectionName": name} for name in names]
    return {
        "DebugHookConfig": {"S3OutputPath": "s3://bucket/debug", "CollectionConfigurations": entries},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/model"},
    }


def widget(arguments=None, **others):
    return {"Name": "make", "Type": "Widget", "Arguments": arguments or collections("weights"), **others}


def definition(*steps):
    return parse(json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": list(steps)}))


def fail(message):
    return {"Name": "stop", "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def codes(*steps):
    return [(finding.code, finding.where) for finding in errors_in(definition(*steps))]


def test_parsing_reads_the_steps_that_it_holds():
    steps = definition(widget({"Widgets": [fail("over")]})).steps
    assert [(step.name, step.type) for step in all_steps(steps)] == [("make", "Widget"), ("stop", "Fail")]


def test_checks_know_its_request_and_its_members():
    assert codes(widget()) == []
    assert codes(widget({**collections("a"), "Wheels": 4})) == [("DEF130", "steps.make.Arguments.Wheels")]
    policies = [{"ExceptionType": ["Step.THROTTLING"]}]
    assert codes(widget(RetryPolicies=policies)) == [("DEF139", "steps.make.RetryPolicies")]


def test_checks_know_what_pipelines_refuses():
    path = "steps.make.Arguments.EnableManagedSpotTraining"
    assert codes(widget({**collections("a"), "EnableManagedSpotTraining": True})) == [("DEF138", path)]


def test_checks_know_its_named_lists():
    assert codes(widget(collections("a", "a"))) == [("DEF174", "steps.make")]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("ModelArtifacts.S3ModelArtifacts", []),
        ("DebugHookConfig.CollectionConfigurations['weights'].CollectionName", []),
        ("DebugHookConfig.CollectionConfigurations['losses'].CollectionName", ["DEF153"]),
        ("Wheels", ["DEF151"]),
    ],
)
def test_checks_know_its_properties(path, expected):
    found = codes(widget(), fail({"Get": f"Steps.make.{path}"}))
    assert [code for code, _ in found] == expected


def test_checks_know_that_its_steps_run_once_per_item():
    inner = {"Name": "inner", "Type": "Lambda", "Arguments": {"i": {"Get": "ForEach.CurrentItem"}}}
    outside = {**fail({"Get": "Steps.inner.OutputParameters['a']"}), "DependsOn": ["make"]}
    found = codes(widget({"Widgets": [inner]}), outside)
    assert ("DEF117", "steps.stop") in found
    assert "DEF114" not in [code for code, _ in found]


def test_a_difference_pairs_the_entries_of_its_lists_by_name():
    before, after = widget(collections("a", "b")), widget(collections("b"))
    found = difference(definition(before), definition(after))
    assert [(change.kind, change.place) for change in found.steps[0].changes] == [
        ("removed", "Arguments.DebugHookConfig.CollectionConfigurations['a']")
    ]


def test_a_difference_knows_when_it_loses_its_cache():
    cached = {"CacheConfig": {"Enabled": True}}
    before, after = (widget({**collections("a"), "HyperParameters": {"depth": n}}, **cached) for n in "12")
    assert [loss.step for loss in difference(definition(before), definition(after)).loses_cache] == ["make"]


def policies(*steps):
    text = json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": list(steps)})
    compiled = Compiled(name="p", region="eu-west-1", definition=text, assets=(), location="", role=ROLE)
    return policies_of(compiled)


def test_policies_allow_what_it_becomes_its_log_and_what_it_writes():
    found = policies(widget({"WidgetOutput": {"S3Uri": "s3://bucket/widgets"}, "ModelPackageGroupName": "group"}))
    statements = {statement["Sid"]: statement for statement in found.execution["Statement"]}
    assert statements["RunWidget"]["Action"] == ["sagemaker:CreateWidgetJob", "sagemaker:AddTags"]
    assert statements["RunWidget"]["Resource"] == "arn:aws:sagemaker:eu-west-1:123456789012:widget-job/*"
    assert "arn:aws:s3:::bucket/widgets*" in statements["WriteObjects"]["Resource"]
    assert {"WriteLogs", "Register"} <= set(statements)
    assert not [end for end in found.open_ends if "Widget" in end]


def test_an_execution_knows_its_job_and_where_that_logs():
    kind, name = _job({"Widget": {"CheckJobArn": "arn:aws:sagemaker:eu-west-1:123456789012:widget-job/w-1"}})
    assert (kind, name) == ("WidgetJob", "w-1")
    assert log_group_of(kind) == "/aws/sagemaker/WidgetJobs"


def test_this_machine_says_that_it_cannot_run_it(expect_error):
    steps = definition(widget())
    compiled = Compiled(name="p", region="eu-west-1", definition="", assets=(), location="", role=ROLE)
    with expect_error("RUN001", "steps.make", text=False):
        check_runnable(steps, compiled)
