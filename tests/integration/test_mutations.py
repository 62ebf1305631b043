"""A definition of our own is broken in one place at a time; each break is found, and nothing else is."""

from __future__ import annotations

import copy
import json
from collections import Counter
from pathlib import Path

import pytest

from stepsmith.definition.checks import errors_in
from stepsmith.definition.parse import parse
from stepsmith.diagnostics import StepsmithError

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "penguins" / "definition.json").read_text("utf-8"))
# The same with what it does not have: a condition with a step in a branch, a lambda, a loop, and a number to be given.
WHOLE = copy.deepcopy(GOLDEN)
WHOLE["Parameters"].append({"Name": "Seconds", "Type": "Integer", "DefaultValue": 900})
WHOLE["Steps"][0]["Arguments"]["StoppingCondition"]["MaxRuntimeInSeconds"] = {"Get": "Parameters.Seconds"}
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
LAMBDA = {
    "Type": "Lambda",
    "FunctionArn": ARN,
    "OutputParameters": [{"OutputName": "X", "OutputType": "String"}],
}
WHOLE["Steps"] += [
    {
        "Name": "if",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [
                {"Type": "Equals", "LeftValue": {"Get": "Steps.ask.OutputParameters['X']"}, "RightValue": "a"}
            ],
            "IfSteps": [{**LAMBDA, "Name": "inside", "Arguments": {}}],
            "ElseSteps": [{"Name": "stop", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}],
        },
    },
    {**LAMBDA, "Name": "ask", "Arguments": {}, "DependsOn": [{"Step": "payload", "Trigger": "Any"}]},
    {
        "Name": "each",
        "Type": "ForEach",
        "Arguments": {
            "IterableItems": ["a"],
            "MaxConcurrency": 1,
            "ForEachBody": [{**LAMBDA, "Name": "body", "Arguments": {"item": {"Get": "ForEach.CurrentItem"}}}],
        },
    },
]
# Objects whose keys are anybody's; what stands in a function of the language is the language's to say.
MAPS = ("Environment", "CustomerMetadataProperties")
FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")
CHOICES = ("S3DataType", "S3InputMode", "S3UploadMode", "InstanceType")
GETS = (
    ("no such step", "Steps.nowhere.X", "DEF111"),
    ("no such parameter", "Parameters.Nowhere", "DEF110"),
    ("no such word", "Nowhere.X", "DEF114"),
)


def places(value, path=()):
    """Each place of a JSON value, with what stands there; of functions, the function alone."""
    yield path, value
    if isinstance(value, dict) and not any(name in value for name in FUNCTIONS):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def changed(path, change, definition=GOLDEN):
    """The definition with what stands at `path` replaced by what `change` makes of its holder and key."""
    document = copy.deepcopy(definition)
    change(at(document, path[:-1]), path[-1])
    return document


def renamed(holder, key):
    holder["Not" + key] = holder.pop(key)


def replaced(value):
    def change(holder, key):
        holder[key] = value

    return change


def removed(holder, key):
    del holder[key]


def of_a_place(path, value):
    """The mutations of one place of a step's arguments: what each is, the broken definition, and the code for it."""
    holder, key = path[-2:]
    if isinstance(key, str) and holder not in MAPS and len(path) > 3:
        yield "misspelt", path, changed(path, renamed), "DEF130"
        if isinstance(value, str):
            yield "a list for a text", path, changed(path, replaced([1])), "DEF132"
        if isinstance(value, dict) and key not in MAPS and not set(FUNCTIONS) & set(value):
            yield "a text for an object", path, changed(path, replaced("x")), "DEF132"
    if isinstance(value, int):
        yield "a text for a number", path, changed(path, replaced("many")), "DEF132"
        yield "a number out of range", path, changed(path, replaced(-1)), "DEF137"
    if isinstance(value, dict) and "Get" in value:
        for what, read, code in GETS:
            yield what, path, changed((*path, "Get"), replaced(read)), code
    if key in CHOICES:
        yield "no such choice", path, changed(path, replaced("Nonesuch")), "DEF133"
    if holder == "ContainerArguments" and isinstance(value, str):
        yield "too long", path, changed(path, replaced("x" * 257)), "DEF135"


def mutations():
    for index, step in enumerate(GOLDEN["Steps"]):
        for path, value in places(step["Arguments"], ("Steps", index, "Arguments")):
            yield from of_a_place(path, value)
        if "DependsOn" in step:
            place = ("Steps", index, "DependsOn")
            yield "waits for no step", place, changed(place, replaced(["nowhere"])), "DEF111"
    for path, value, code in (
        (("Version",), "2019-01-01", "DEF021"),
        (("Steps",), {}, "DEF022"),
        (("Parameters", 0, "Type"), "Text", "DEF010"),
    ):
        yield "no definition", path, changed(path, replaced(value)), code


def entry(name, like):
    """One more input, or output, of the same kind as another."""
    (key,) = (key for key in ("InputName", "OutputName") if key in like)
    return {**copy.deepcopy(like), key: name}


# What a definition has to keep: what is broken, its place, what is there then, and the code for it.
STEPS = {step["Name"]: ("Steps", index) for index, step in enumerate(WHOLE["Steps"])}
MODEL, PACKAGE, REGISTER = (STEPS[name] for name in ("model", "package", "register"))
ARGUMENTS = (*MODEL, "Arguments")
INPUTS = at(WHOLE, (*ARGUMENTS, "ProcessingInputs"))
OUTPUTS = at(WHOLE, (*ARGUMENTS, "ProcessingOutputConfig", "Outputs"))
IMAGE = (*ARGUMENTS, "AppSpecification", "ImageUri")
SAMPLES = (*STEPS["payload"], "Arguments", "ProcessingInputs", 0, "S3Input", "S3Uri")
DIGEST = (*REGISTER, "Arguments", "CustomerMetadataProperties", "package_sha256", "Std:JsonGet", "PropertyFile")
CONDITION = (*STEPS["if"], "Arguments", "Conditions", 0)
READ = "Steps.prepare.ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri"
BREAKS = (
    (
        "an eleventh input",
        (*ARGUMENTS, "ProcessingInputs"),
        [*INPUTS, *(entry(f"i{n}", INPUTS[0]) for n in range(9))],
        "DEF136",
    ),
    ("two inputs of a name", (*ARGUMENTS, "ProcessingInputs"), [*INPUTS, INPUTS[0]], "DEF174"),
    (
        "an output named as an input",
        (*ARGUMENTS, "ProcessingOutputConfig", "Outputs"),
        [*OUTPUTS, entry("code", OUTPUTS[0])],
        "DEF174",
    ),
    ("101 arguments", (*ARGUMENTS, "AppSpecification", "ContainerArguments"), ["x"] * 101, "DEF136"),
    ("no arguments", (*ARGUMENTS, "AppSpecification", "ContainerArguments"), [], "DEF136"),
    ("a long value of the environment", (*ARGUMENTS, "Environment", "A"), "x" * 257, "DEF135"),
    ("a bad name in the environment", (*ARGUMENTS, "Environment", "a-b"), "x", "DEF134"),
    ("101 variables", (*ARGUMENTS, "Environment"), {f"V{n}": "x" for n in range(101)}, "DEF136"),
    ("a long image", IMAGE, "x" * 256, "DEF135"),
    ("a role that is none", (*ARGUMENTS, "RoleArn"), "the role of the pipeline", "DEF134"),
    ("a switch that is text", (*ARGUMENTS, "NetworkConfig", "EnableNetworkIsolation"), "true", "DEF132"),
    ("null for a step's name", (*MODEL, "Name"), None, "DEF022"),
    ("a name with a space", (*REGISTER, "Name"), "the last", "DEF101"),
    ("a long name", (*REGISTER, "Name"), "x" * 257, "DEF101"),
    ("two steps of a name", (*REGISTER, "Name"), "stop", "DEF102"),
    ("two parameters of a name", ("Parameters",), [*WHOLE["Parameters"], WHOLE["Parameters"][0]], "DEF102"),
    (
        "201 parameters",
        ("Parameters",),
        [*WHOLE["Parameters"], *({"Name": f"P{n}", "Type": "String"} for n in range(199))],
        "DEF171",
    ),
    ("too large", (*STEPS["each"], "Description"), "x" * (1 << 20), "DEF173"),
    ("a parameter of another type", ("Parameters", 1), {"Name": "Seconds", "Type": "Float"}, "DEF120"),
    ("a default of another type", ("Parameters", 1, "DefaultValue"), "900", "DEF011"),
    ("a default that is not allowed", ("Parameters", 1, "EnumValues"), [1, 2], "DEF012"),
    ("a misspelt property", (*SAMPLES, "Get"), READ.replace("S3Output", "S3Outptu"), "DEF151"),
    ("a misspelt output", (*SAMPLES, "Get"), READ.replace("'test'", "'tets'"), "DEF153"),
    ("an output by number", (*SAMPLES, "Get"), READ.replace("['test']", "[7]"), "DEF153"),
    ("too deep a property", (*SAMPLES, "Get"), f"{READ}.Key", "DEF152"),
    ("no property", (*SAMPLES, "Get"), "Steps.prepare", "DEF150"),
    ("a property that cannot be read", (*SAMPLES, "Get"), "Steps.prepare.A[", "DEF150"),
    ("a property of a step that has none", (*SAMPLES, "Get"), "Steps.each.X..Y", "DEF150"),
    (
        "an output parameter that is none",
        (*CONDITION, "LeftValue", "Get"),
        "Steps.ask.OutputParameters['Y']",
        "DEF154",
    ),
    (
        "a cycle by a reference",
        (*STEPS["prepare"], "Arguments", "Environment"),
        {"A": {"Get": "Steps.model.ProcessingJobName"}},
        "DEF113",
    ),
    ("a cycle by DependsOn", (*STEPS["prepare"], "DependsOn"), ["register"], "DEF113"),
    ("a step that waits for itself", (*PACKAGE, "DependsOn"), ["package"], "DEF113"),
    ("a step in a branch that is waited for", (*REGISTER, "DependsOn"), ["inside"], "DEF117"),
    (
        "a step in a branch that is read",
        (*REGISTER, "Arguments", "CustomerMetadataProperties", "x"),
        {"Get": "Steps.inside.OutputParameters['X']"},
        "DEF117",
    ),
    ("a step in a loop that is waited for", (*REGISTER, "DependsOn"), ["body"], "DEF117"),
    ("a loop's item outside of it", (*ARGUMENTS, "Environment", "A"), {"Get": "ForEach.CurrentItem"}, "DEF114"),
    ("no such outcome", (*STEPS["ask"], "DependsOn", 0, "Trigger"), "Sometimes", "DEF119"),
    ("a property file that is not declared", (*DIGEST, "Get"), "Steps.package.PropertyFiles.Other", "DEF112"),
    ("a property file of no output", (*PACKAGE, "PropertyFiles", 0, "OutputName"), "other", "DEF115"),
    ("a property file outside", (*PACKAGE, "PropertyFiles", 0, "FilePath"), "../package.json", "DEF116"),
    ("a condition of no type", (*CONDITION, "Type"), "Equal", "DEF118"),
    ("a condition with a member too many", (*CONDITION, "Values"), [], "DEF118"),
    ("no condition", (*CONDITION[:-1],), [], "DEF118"),
    ("refused by Pipelines", (*REGISTER, "Arguments", "CertifyForMarketplace"), False, "DEF138"),
    ("tags beside a group", (*REGISTER, "Arguments", "Tags"), [{"Key": "a", "Value": "b"}], "DEF138"),
    ("another member beside", (*REGISTER, "PropertyFiles"), WHOLE["Steps"][2]["PropertyFiles"], "DEF139"),
    ("an unknown function", (*ARGUMENTS, "Environment", "A"), {"Std:Split": {"On": "/"}}, "DEF023"),
    (
        "a function that says more",
        (*ARGUMENTS, "Environment", "A"),
        {"Std:Join": {"On": "", "Values": [], "X": 1}},
        "DEF023",
    ),
)


def of_the_whole():
    for what, place, value, code in BREAKS:
        yield what, place, changed(place, replaced(value), WHOLE), code
    for name in ("AppSpecification", "ProcessingResources"):  # without a RoleArn the pipeline's own is taken
        yield f"no {name}", (*ARGUMENTS, name), changed((*ARGUMENTS, name), removed, WHOLE), "DEF131"


MUTATIONS = [
    pytest.param(*one[1:], id=f"{number}-{one[0]}") for number, one in enumerate([*mutations(), *of_the_whole()])
]


def found_in(document):
    """The findings of a definition, or of its text where that is none, by their codes."""
    try:
        findings = errors_in(parse(json.dumps(document)), size_bytes=len(json.dumps(document, separators=(",", ":"))))
    except StepsmithError as error:
        findings = error.findings
    return Counter(finding.code for finding in findings)


def test_the_definition_itself_has_no_finding_and_is_broken_in_many_ways():
    assert found_in(GOLDEN) == found_in(WHOLE) == {}
    assert len(MUTATIONS) > 400
    assert len(Counter(one.id.partition("-")[2] for one in MUTATIONS)) > 8


@pytest.mark.parametrize(("path", "document", "code"), MUTATIONS)
def test_each_break_is_found_and_nothing_else(path, document, code):
    found = found_in(document)
    assert found.pop(code, 0) == 1
    # An output that has lost its name is missed by who reads it, and by the property file that lies in it.
    expected = {"DEF153", "DEF115"} if path[-1] in ("ProcessingOutputConfig", "Outputs", "OutputName") else set()
    assert set(found) <= expected
