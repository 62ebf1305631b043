from __future__ import annotations

from datetime import datetime, timezone

from stepsmith import Get
from stepsmith.aws.model_groups import group_exists, registered_groups
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.parameters import Parameter

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def registering(name, group):
    return Step(name, "RegisterModel", {"ModelPackageGroupName": group})


def test_groups_are_those_of_all_registrations_in_branches_too():
    inner = registering("inner", "b")
    condition = Step("check", "Condition", {"Conditions": [], "IfSteps": [inner], "ElseSteps": []})
    steps = (registering("one", "a"), registering("two", "a"), condition, Step("stop", "Fail", {"ErrorMessage": "m"}))
    assert registered_groups(PipelineDefinition(steps)) == ["a", "b"]


def test_a_parameter_stands_for_its_default_and_what_nobody_knows_is_left_out():
    steps = (
        registering("one", Get("Parameters.Group")),
        registering("two", Get("Parameters.Open")),
        registering("three", "arn:aws:sagemaker:eu-west-1:999999999999:model-package-group/theirs"),
    )
    parameters = (Parameter("Group", default="c"), Parameter("Open"))
    assert registered_groups(PipelineDefinition(steps, parameters)) == ["c"]


def test_a_group_is_there_when_the_list_has_its_very_name(stubbed):
    def page(*names, **more):
        arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/x"
        facts = {"ModelPackageGroupArn": arn, "CreationTime": NOW, "ModelPackageGroupStatus": "Completed"}
        return {"ModelPackageGroupSummaryList": [{"ModelPackageGroupName": name, **facts} for name in names], **more}

    stubbed.answers("sagemaker", "list_model_package_groups", page("risk-old", NextToken="t"))
    stubbed.answers("sagemaker", "list_model_package_groups", page("risk"))
    stubbed.answers("sagemaker", "list_model_package_groups", page("risk-old"))
    assert group_exists(stubbed.account, "risk")
    assert not group_exists(stubbed.account, "risk")
