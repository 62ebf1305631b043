import json
import math

import pytest

from stepsmith.definition.emit import emit
from stepsmith.definition.model import CacheConfig, PipelineDefinition, PropertyFile, RetryPolicy, Step
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get, Join, JsonGet


def whole():
    """A definition that uses everything that a definition has."""
    return PipelineDefinition(
        steps=(
            Step(
                "package",
                "Processing",
                {"RoleArn": Get("Parameters.Role"), "Environment": {"NAME": "größe"}},
                property_files=(PropertyFile("report", "out", "report.json"),),
                cache=CacheConfig(enabled=True, expire_after="P30D"),
                retry_policies=(
                    RetryPolicy(("Step.SERVICE_FAULT", "Step.THROTTLING"), 1.5, 10, max_attempts=3),
                    RetryPolicy(("SageMaker.RESOURCE_LIMIT",), expire_after_min=60),
                ),
            ),
            Step(
                "register",
                "RegisterModel",
                {
                    "ModelPackageGroupName": Join("-", ["group", Get("Execution.PipelineName")]),
                    "CustomerMetadataProperties": {"sha256": JsonGet("package", "report", "sha256")},
                },
                depends_on=("package",),
                cache=CacheConfig(enabled=False),
            ),
        ),
        parameters=(Parameter("Role"), Parameter("Count", "Integer", 0, (0, 1)), Parameter("Dry", "Boolean", False)),  # noqa: FBT003
        metadata={"by": "hand"},
    )


WRITTEN = (
    '{"Version":"2020-12-01","Metadata":{"by":"hand"},'
    '"Parameters":[{"Name":"Role","Type":"String"},'
    '{"Name":"Count","Type":"Integer","DefaultValue":0,"EnumValues":[0,1]},'
    '{"Name":"Dry","Type":"Boolean","DefaultValue":false}],'
    '"PipelineExperimentConfig":{"ExperimentName":{"Get":"Execution.PipelineName"},'
    '"TrialName":{"Get":"Execution.PipelineExecutionId"}},'
    '"Steps":[{"Name":"package","Type":"Processing",'
    '"Arguments":{"RoleArn":{"Get":"Parameters.Role"},"Environment":{"NAME":"größe"}},'
    '"CacheConfig":{"Enabled":true,"ExpireAfter":"P30D"},'
    '"PropertyFiles":[{"PropertyFileName":"report","OutputName":"out","FilePath":"report.json"}],'
    '"RetryPolicies":[{"BackoffRate":1.5,"IntervalSeconds":10,"MaxAttempts":3,'
    '"ExceptionType":["Step.SERVICE_FAULT","Step.THROTTLING"]},'
    '{"BackoffRate":2.0,"IntervalSeconds":1,"ExpireAfterMin":60,"ExceptionType":["SageMaker.RESOURCE_LIMIT"]}]},'
    '{"Name":"register","Type":"RegisterModel",'
    '"Arguments":{"ModelPackageGroupName":{"Std:Join":{"On":"-","Values":["group",{"Get":"Execution.PipelineName"}]}},'
    '"CustomerMetadataProperties":{"sha256":{"Std:JsonGet":{"PropertyFile":{"Get":'
    '"Steps.package.PropertyFiles.report"},"Path":"sha256"}}}},'
    '"DependsOn":["package"],"CacheConfig":{"Enabled":false}}]}'
)


def test_a_definition_is_written_as_the_service_documents_it():
    assert emit(whole()) == WRITTEN


def test_the_same_records_give_the_same_bytes_each_time():
    definition = whole()
    assert emit(definition).encode() == emit(definition).encode() == emit(whole()).encode()


def test_steps_and_parameters_stand_in_the_order_in_which_they_are_given():
    names = ["z", "a", "m"]
    definition = PipelineDefinition(
        tuple(Step(name, "Processing", {}) for name in names), tuple(Parameter(name) for name in names)
    )
    document = json.loads(emit(definition))
    assert [step["Name"] for step in document["Steps"]] == names
    assert [parameter["Name"] for parameter in document["Parameters"]] == names


def test_what_a_step_does_not_say_is_not_written():
    (step,) = json.loads(emit(PipelineDefinition((Step("a", "Processing", {}),))))["Steps"]
    assert step == {"Name": "a", "Type": "Processing", "Arguments": {}}


@pytest.mark.parametrize(("kind", "default"), [("String", ""), ("Integer", 0), ("Float", 0.0), ("Boolean", False)])
def test_a_default_that_is_falsy_is_a_default(kind, default):
    definition = PipelineDefinition((), (Parameter("P", kind, default),))
    assert json.loads(emit(definition))["Parameters"] == [{"Name": "P", "Type": kind, "DefaultValue": default}]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, b"bytes", {1, 2}], ids=repr)
def test_a_value_that_json_has_no_word_for_is_an_error_of_the_definition(expect_error, value):
    definition = PipelineDefinition((Step("a", "Processing", {"Environment": {"A": value}}),))
    # What is wrong with a number is said in Python's words, which differ by its version.
    with expect_error("DEF024", text=not isinstance(value, float)):
        emit(definition)


def test_a_value_that_holds_itself_is_an_error_of_the_definition(expect_error):
    value = {}
    value["inner"] = value
    with expect_error("DEF024"):
        emit(PipelineDefinition((Step("a", "Processing", {"Environment": value}),)))
