import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from stepsmith.definition.emit import emit
from stepsmith.definition.model import CacheConfig, PipelineDefinition, PropertyFile, RetryPolicy, Step, all_steps
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.parse import from_expression, parse, value_from_json
from stepsmith.definition.references import Get, Join, JsonGet, references_in, to_json


def text_of(step=None, parameter=None, **top):
    """The text of a definition of one step and one parameter, in which the given members are as given."""
    return json.dumps(
        {
            "Version": "2020-12-01",
            "Parameters": [{"Name": "P", "Type": "String", **(parameter or {})}],
            "Steps": [{"Name": "a", "Type": "Processing", "Arguments": {}, **(step or {})}],
            **top,
        }
    )


def test_a_definition_that_another_tool_wrote_is_read_whole():
    step = {
        "Arguments": {"RoleArn": {"Get": "Parameters.P"}},
        "DependsOn": ["b"],
        "PropertyFiles": [{"PropertyFileName": "f", "OutputName": "o", "FilePath": "x.json"}],
        "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"},
        "RetryPolicies": [
            {"ExceptionType": ["Step.THROTTLING"], "BackoffRate": 1.5, "IntervalSeconds": 5, "MaxAttempts": 2},
            {"ExceptionType": ["Step.SERVICE_FAULT"], "ExpireAfterMin": 10},
        ],
        "DisplayName": "what has no field of its own",
    }
    parameter = {"DefaultValue": "x", "EnumValues": ["x", "y"]}
    assert parse(text_of(step, parameter, Metadata={"k": [1]})) == PipelineDefinition(
        steps=(
            Step(
                "a",
                "Processing",
                {"RoleArn": Get("Parameters.P")},
                ("b",),
                (PropertyFile("f", "o", "x.json"),),
                CacheConfig(enabled=True, expire_after="P1D"),
                (
                    RetryPolicy(("Step.THROTTLING",), 1.5, 5, max_attempts=2),
                    RetryPolicy(("Step.SERVICE_FAULT",), expire_after_min=10),
                ),
                {"DisplayName": "what has no field of its own"},
            ),
        ),
        parameters=(Parameter("P", "String", "x", ("x", "y")),),
        metadata={"k": [1]},
    )


def test_what_a_definition_leaves_out_is_empty():
    text = json.dumps({"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Fail"}]})
    assert parse(text) == PipelineDefinition((Step("a", "Fail", {}),))


@pytest.mark.parametrize(
    ("written", "cache"),
    [
        ({}, CacheConfig(enabled=False)),
        ({"Enabled": False}, CacheConfig(enabled=False)),
        ({"Enabled": True, "ExpireAfter": None}, CacheConfig(enabled=True)),
    ],
)
def test_a_cache_is_enabled_where_that_is_said(written, cache):
    assert parse(text_of({"CacheConfig": written})).steps[0].cache == cache


def test_a_definition_that_was_read_is_written_as_it_was():
    definition = PipelineDefinition((Step("a", "Processing", {"S3Uri": Join("/", ["s3://b", Get("Parameters.P")])}),))
    assert emit(parse(emit(definition))) == emit(definition)


@pytest.mark.parametrize(
    "value",
    [
        Get("Execution.PipelineName"),
        Join("/", ["s3://b", Get("a"), Join("-", [1, True, 0.5])]),
        JsonGet("s", "f", "a.b[0]"),
        {"a": [{"b": Get("c")}, None, "text", 1.5, False]},
        [],
        {},
        {"Get": "a", "beside": "it"},
        {"Std:Join": {"On": "/", "Values": []}, "beside": "it"},
    ],
)
def test_a_value_read_from_what_it_was_written_as_is_that_value(value):
    assert value_from_json(to_json(value)) == value


NESTED = '{"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Fail", "Arguments": {"a": %s}}]}'

# Each text that is no definition, with the code of its error and the place in the definition.
HOSTILE = {
    "nothing": ("", "DEF020", ""),
    "no JSON": ("{'Version': 1}", "DEF020", ""),
    "JSON that ends early": ('{"Version": "2020-12-01",\n"Steps": [', "DEF020", ""),
    "a control character": ("\x00", "DEF020", ""),
    "a byte order mark": ("\ufeff{}", "DEF020", ""),
    "an endless list": ("[" * 100_000, "DEF020", ""),
    "an endless object": ('{"a":' * 100_000, "DEF020", ""),
    "arguments as deep as JSON is just read": (NESTED % ("[" * 600 + "]" * 600), "DEF020", ""),
    "arguments deeper than that": (NESTED % ("[" * 900 + "]" * 900), "DEF020", ""),
    "NaN": (text_of({"Arguments": {"a": math.nan}}), "DEF020", ""),
    "an infinite number": (text_of({"Arguments": {"a": -math.inf}}), "DEF020", ""),
    "a list": ("[]", "DEF022", ""),
    "null": ("null", "DEF022", ""),
    "text": ('"2020-12-01"', "DEF022", ""),
    "a number": ("1", "DEF022", ""),
    "no version": ("{}", "DEF021", "Version"),
    "another version": (text_of(Version="2019-01-01"), "DEF021", "Version"),
    "a version that is a list": (text_of(Version=["2020-12-01"]), "DEF021", "Version"),
    "no steps at all": (json.dumps({"Version": "2020-12-01"}), "DEF022", "Steps"),
    "steps that are null": (text_of(Steps=None), "DEF022", "Steps"),
    "steps that are an object": (text_of(Steps={"a": {}}), "DEF022", "Steps"),
    "a step that is text": (text_of(Steps=["a"]), "DEF022", "Steps[0]"),
    "a step that is null": (text_of(Steps=[None]), "DEF022", "Steps[0]"),
    "a step without a name": (text_of(Steps=[{"Type": "Processing"}]), "DEF022", "Steps[0].Name"),
    "a step whose name is a number": (text_of({"Name": 1}), "DEF022", "Steps[0].Name"),
    "a step without a type": (text_of(Steps=[{"Name": "a"}]), "DEF022", "Steps[0].Type"),
    "a step whose type is a list": (text_of({"Type": []}), "DEF022", "Steps[0].Type"),
    "a later step": (text_of(Steps=[{"Name": "a", "Type": "Fail"}, {"Name": "b"}]), "DEF022", "Steps[1].Type"),
    "arguments that are null": (text_of({"Arguments": None}), "DEF022", "Steps[0].Arguments"),
    "arguments that are a list": (text_of({"Arguments": []}), "DEF022", "Steps[0].Arguments"),
    "arguments that are one reference": (
        text_of({"Arguments": {"Get": "Parameters.P"}}), "DEF022", "Steps[0].Arguments"
    ),
    "arguments that are one Join": (
        text_of({"Arguments": {"Std:Join": {"On": "", "Values": []}}}), "DEF022", "Steps[0].Arguments"
    ),
    "DependsOn that is null": (text_of({"DependsOn": None}), "DEF022", "Steps[0].DependsOn"),
    "DependsOn that is text": (text_of({"DependsOn": "prepare"}), "DEF022", "Steps[0].DependsOn"),
    "DependsOn that is a number": (text_of({"DependsOn": 1}), "DEF022", "Steps[0].DependsOn"),
    "DependsOn that is an object": (text_of({"DependsOn": {"a": 1}}), "DEF022", "Steps[0].DependsOn"),
    "DependsOn of objects": (text_of({"DependsOn": [{"Name": "a"}]}), "DEF023", "Steps[0].DependsOn[0].Name"),
    "DependsOn of numbers": (text_of({"DependsOn": [1]}), "DEF022", "Steps[0].DependsOn[0]"),
    "property files that are text": (text_of({"PropertyFiles": "f"}), "DEF022", "Steps[0].PropertyFiles"),
    "a property file without its output": (
        text_of({"PropertyFiles": [{"PropertyFileName": "f", "FilePath": "x"}]}),
        "DEF022",
        "Steps[0].PropertyFiles[0].OutputName",
    ),
    "a cache that is null": (text_of({"CacheConfig": None}), "DEF022", "Steps[0].CacheConfig"),
    "a cache that is a list": (text_of({"CacheConfig": [True]}), "DEF022", "Steps[0].CacheConfig"),
    "a cache enabled by text": (
        text_of({"CacheConfig": {"Enabled": "false"}}), "DEF022", "Steps[0].CacheConfig.Enabled"
    ),
    "a cache with a number for a time": (
        text_of({"CacheConfig": {"Enabled": True, "ExpireAfter": 30}}), "DEF022", "Steps[0].CacheConfig.ExpireAfter"
    ),
    "retry policies that are null": (text_of({"RetryPolicies": None}), "DEF022", "Steps[0].RetryPolicies"),
    "a retry policy for null": (
        text_of({"RetryPolicies": [{"ExceptionType": None}]}), "DEF022", "Steps[0].RetryPolicies[0].ExceptionType"
    ),
    "a retry policy for text": (
        text_of({"RetryPolicies": [{"ExceptionType": "a"}]}), "DEF022", "Steps[0].RetryPolicies[0].ExceptionType"
    ),
    "a retry policy for numbers": (
        text_of({"RetryPolicies": [{"ExceptionType": [1]}]}), "DEF022", "Steps[0].RetryPolicies[0].ExceptionType[0]"
    ),
    "a retry policy that counts in text": (
        text_of({"RetryPolicies": [{"ExceptionType": ["a"], "MaxAttempts": "3"}]}),
        "DEF022",
        "Steps[0].RetryPolicies[0].MaxAttempts",
    ),
    "parameters that are null": (text_of(Parameters=None), "DEF022", "Parameters"),
    "a parameter without a name": (text_of(Parameters=[{"Type": "String"}]), "DEF022", "Parameters[0].Name"),
    "a parameter without a type": (text_of(Parameters=[{"Name": "P"}]), "DEF022", "Parameters[0].Type"),
    "a parameter of a type that is none": (text_of(parameter={"Type": "Str"}), "DEF010", "Parameters[0].P"),
    "a default that is a list": (text_of(parameter={"DefaultValue": []}), "DEF011", "Parameters[0].P"),
    "a default of another type": (text_of(parameter={"DefaultValue": 1}), "DEF011", "Parameters[0].P"),
    "an enum that is null": (text_of(parameter={"EnumValues": None}), "DEF022", "Parameters[0].EnumValues"),
    "an enum that is a number": (text_of(parameter={"EnumValues": 5}), "DEF022", "Parameters[0].EnumValues"),
    "an enum that is text": (text_of(parameter={"EnumValues": "abc"}), "DEF022", "Parameters[0].EnumValues"),
    "an enum of lists": (text_of(parameter={"EnumValues": [["a"]]}), "DEF011", "Parameters[0].P"),
    "metadata that is a list": (text_of(Metadata=[]), "DEF022", "Metadata"),
    "metadata that is null": (text_of(Metadata=None), "DEF022", "Metadata"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "place"), HOSTILE.values(), ids=HOSTILE)
def test_a_text_that_is_no_definition_is_refused_with_its_place(expect_error, text, code, place):
    with expect_error(code, place):
        parse(text)


def test_a_number_of_too_many_digits_is_refused(expect_error):
    with expect_error("DEF020", text=False):  # Python's own words, which differ by its version
        parse('{"Version": ' + "1" * 5000 + "}")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "report",
        "Steps.package",
        "Steps.package.report",
        "Steps.package.PropertyFiles",
        "Parameters.P",
        "Steps.a.b.c",
    ],
)
def test_a_json_get_whose_path_names_no_property_file_is_refused_with_the_form_to_write(expect_error, path):
    value = {"Std:JsonGet": {"PropertyFile": {"Get": path}, "Path": "sha256"}}
    with expect_error("DEF023", "Steps[0].Arguments.Environment.A.Std:JsonGet.PropertyFile.Get"):
        parse(text_of({"Arguments": {"Environment": {"A": value}}}))


UNREADABLE = [
    ({"Get": 5}, "Get"),
    ({"Get": None}, "Get"),
    ({"Get": ["Steps", "a"]}, "Get"),
    ({"Std:Join": {"On": "/"}}, "Std:Join.Values"),
    ({"Std:Join": {"On": "/", "Values": "abc"}}, "Std:Join.Values"),
    ({"Std:Join": {"On": 1, "Values": []}}, "Std:Join.On"),
    ({"Std:Join": ["a", "b"]}, "Std:Join"),
    ({"Std:Join": None}, "Std:Join"),
    ({"Std:JsonGet": {"PropertyFile": "report", "Path": "a"}}, "Std:JsonGet.PropertyFile"),
    ({"Std:JsonGet": {"PropertyFile": {"Get": "Steps.s.PropertyFiles.f"}}}, "Std:JsonGet.Path"),
    ({"Std:JsonGet": "report"}, "Std:JsonGet"),
]


@pytest.mark.parametrize(("value", "place"), UNREADABLE, ids=[json.dumps(value) for value, _ in UNREADABLE])
def test_a_reference_that_cannot_be_read_is_refused_and_not_taken_for_data(expect_error, value, place):
    with expect_error("DEF022", f"Steps[0].Arguments.Environment.A.{place}"):
        parse(text_of({"Arguments": {"Environment": {"A": value}}}))


# --- nothing is lost ---

FOREIGN = {
    "Version": "2020-12-01",
    "ParallelismConfiguration": {"MaxParallelExecutionSteps": 3},
    "Parameters": [{"Name": "P", "Type": "String", "Description": "unknown to us"}],
    "Steps": [
        {
            "Name": "check",
            "Type": "Condition",
            "DisplayName": {"Get": "Parameters.P"},
            "DependsOn": [],
            "Arguments": {
                "Conditions": [
                    {
                        "Type": "Not",
                        "Expression": {"Type": "Equals", "LeftValue": {"Get": "Parameters.P"}, "RightValue": 1},
                    }
                ],
                "IfSteps": [
                    {
                        "Type": "Fail",
                        "Name": "stop",
                        "Arguments": {"ErrorMessage": {"Std:Join": {"On": "", "Values": []}}},
                    },
                    {"Name": "again", "Type": "Condition", "Arguments": {"IfSteps": []}},
                ],
                "ElseSteps": [],
            },
        },
        {"Name": "f", "Type": "Lambda", "FunctionArn": "arn", "OutputParameters": [{"OutputName": "o"}]},
        {"Name": "r", "Type": "Processing", "RetryPolicies": [{"ExceptionType": ["e"], "MaxAttempts": 1, "New": 2}]},
        {"Name": "c", "Type": "Processing", "CacheConfig": {"Enabled": True, "New": 1}, "PropertyFiles": []},
        {"Name": "x", "Type": "OfTomorrow", "Arguments": {"A": {"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "p"}}}},
    ],
}


def test_whatever_another_tool_wrote_is_written_as_it_was():
    definition = parse(json.dumps(FOREIGN))
    assert json.loads(emit(definition)) == FOREIGN
    assert parse(emit(definition)) == definition


def test_what_was_changed_is_written_as_it_is_now_and_the_rest_as_it_was():
    definition = parse(json.dumps(FOREIGN))
    renamed = replace(definition.steps[1], name="g")
    written = json.loads(emit(replace(definition, steps=(definition.steps[0], renamed))))
    assert written["Steps"][0] == FOREIGN["Steps"][0]
    assert written["Steps"][1] == {**FOREIGN["Steps"][1], "Name": "g", "Arguments": {}}
    assert written["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 3}


def test_the_steps_of_a_condition_s_branches_are_steps():
    (check, *_) = parse(json.dumps(FOREIGN)).steps
    assert [step.name for step in check.branches["IfSteps"]] == ["stop", "again"]
    assert [step.name for step in all_steps([check])] == ["check", "stop", "again"]
    assert references_in(check) == [Get("Parameters.P"), Join("", []), Get("Parameters.P")]


UNKNOWN = [
    ({"Std:Foo": {}}, ""),
    ({"Std:Join": {"On": "/", "Values": [], "More": 1}}, ".Std:Join.More"),
    (
        {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.a.PropertyFiles.f"}, "Path": "p", "More": 1}},
        ".Std:JsonGet.More",
    ),
    ({"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "p", "Step": "a"}}, ".Std:JsonGet.Step"),
]


@pytest.mark.parametrize(("value", "place"), UNKNOWN, ids=[json.dumps(value) for value, _ in UNKNOWN])
def test_a_function_that_says_more_than_is_known_is_refused_at_its_place(expect_error, value, place):
    with expect_error("DEF023", f"Steps[0].Arguments.A{place}"):
        parse(text_of({"Arguments": {"A": value}}))


def variable(expression):
    """What a parameter, a property or a function of SageMaker's SDK is to who reads it."""
    return SimpleNamespace(expr=expression)


def test_a_variable_of_the_sdk_is_the_reference_that_its_expression_says():
    joined = {"Std:Join": {"On": "/", "Values": ["s3://b", {"Get": "Parameters.P"}]}}
    assert from_expression(variable({"Get": "Parameters.P"})) == Get("Parameters.P")
    assert from_expression([{"a": variable(joined)}]) == [{"a": Join("/", ["s3://b", Get("Parameters.P")])}]


def test_of_a_parameter_of_the_sdk_the_type_is_kept():
    parameter = SimpleNamespace(expr={"Get": "Parameters.N"}, parameter_type=SimpleNamespace(value="Integer"))
    assert from_expression(parameter).type == "Integer"


class Item:
    """As the SDK's item of a loop, which has a member of any name."""

    expr: ClassVar = {"Get": "ForEach.CurrentItem"}

    def __getattr__(self, name):
        return Item()


def test_what_has_a_member_of_any_name_has_no_type():
    assert from_expression(Item()).type == ""


def test_what_is_no_variable_stays_as_it_is():
    path, values = Path("a"), ("a", 1, None, Get("Parameters.P"))
    assert from_expression(path) is path
    assert from_expression(values) == values
    asked = SimpleNamespace(expr=lambda step: {"Get": step})
    assert from_expression(asked) is asked
