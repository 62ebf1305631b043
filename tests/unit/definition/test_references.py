from dataclasses import FrozenInstanceError

import pytest

from stepsmith.definition.references import (
    Get,
    Join,
    JsonGet,
    parameter_of,
    references_in,
    step_of,
    to_json,
)

PARAMETER = Get("Parameters.Approval")
ONE_OF_EACH = [PARAMETER, Join("/", ["s3://bucket", PARAMETER]), JsonGet("package", "report", "sha256")]

USES_AS_TEXT = {
    "f-string": lambda reference: f"s3://bucket/{reference}",
    "format specification": lambda reference: f"{reference:>10}",
    "str()": str,
    "str.format": "{}".format,
    "% of a text": lambda reference: "%s" % reference,  # noqa: UP031 - this use is held, too
    "% of itself": lambda reference: reference % "x",
    "+ text": lambda reference: reference + "/model.tar.gz",
    "text +": lambda reference: "s3://bucket/" + reference,
    "in": lambda reference: "s3://" in reference,
    "iteration": list,
    "startswith": lambda reference: reference.startswith("s3://"),
    "endswith": lambda reference: reference.endswith("/"),
    "split": lambda reference: reference.split("/"),
    "replace": lambda reference: reference.replace("a", "b"),
    "strip": lambda reference: reference.strip("/"),
    "lower": lambda reference: reference.lower(),
    "upper": lambda reference: reference.upper(),
    "rstrip": lambda reference: reference.rstrip("/"),
    "rsplit": lambda reference: reference.rsplit("/", 1),
    "partition": lambda reference: reference.partition("/"),
    "removeprefix": lambda reference: reference.removeprefix("s3://"),
}


@pytest.mark.parametrize("reference", ONE_OF_EACH, ids=["Get", "Join", "JsonGet"])
@pytest.mark.parametrize("use", USES_AS_TEXT.values(), ids=USES_AS_TEXT)
def test_a_reference_used_as_text_is_refused_whatever_the_use(expect_error, reference, use):
    with expect_error("DEF001", text=False) as raised:
        use(reference)
    with expect_error("DEF001", text=False) as by_str:
        str(reference)
    assert raised.value.findings == by_str.value.findings


@pytest.mark.parametrize("reference", ONE_OF_EACH, ids=["Get", "Join", "JsonGet"])
def test_the_error_of_a_reference_used_as_text_shows_join(expect_error, reference):
    with expect_error("DEF001"):
        str(reference)


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        (PARAMETER, "Get('Parameters.Approval')"),
        (Join("/", ["a", PARAMETER]), "Join('/', ['a', Get('Parameters.Approval')])"),
        (JsonGet("package", "report", "sha256"), "JsonGet('package', 'report', 'sha256')"),
    ],
)
def test_a_reference_shows_the_python_that_makes_it(reference, shown):
    assert repr(reference) == shown
    assert eval(shown, {"Get": Get, "Join": Join, "JsonGet": JsonGet}) == reference  # noqa: S307 - our own literal


@pytest.mark.parametrize(("reference", "member"), list(zip(ONE_OF_EACH, ["path", "values", "step"], strict=True)))
def test_a_reference_is_never_changed_once_it_is_made(reference, member):
    with pytest.raises(FrozenInstanceError):
        setattr(reference, member, "other")


def test_equal_references_are_one_key_of_a_mapping():
    assert {Get("a"): 1, Join("/", ["a", Get("b")]): 2, JsonGet("s", "f", "p"): 3} == {
        Get("a"): 1,
        Join("/", ("a", Get("b"))): 2,
        JsonGet("s", "f", "p"): 3,
    }


def test_a_join_does_not_change_when_the_list_that_it_was_made_of_does():
    values = ["a"]
    join = Join("/", values)
    values.append("b")
    assert join.values == ("a",)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Get("Execution.PipelineName"), {"Get": "Execution.PipelineName"}),
        (Join("-", ["a", 1, True, 0.5]), {"Std:Join": {"On": "-", "Values": ["a", 1, True, 0.5]}}),
        (
            Join("/", [Join("", []), Get("a")]),
            {"Std:Join": {"On": "/", "Values": [{"Std:Join": {"On": "", "Values": []}}, {"Get": "a"}]}},
        ),
        (
            JsonGet("package", "report", "files[0].sha256"),
            {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.package.PropertyFiles.report"}, "Path": "files[0].sha256"}},
        ),
        ({"a": [{"b": (Get("c"),)}]}, {"a": [{"b": [{"Get": "c"}]}]}),
        ("text", "text"),
        (None, None),
        (False, False),
    ],
)
def test_a_value_is_written_as_the_service_reads_it(value, written):
    assert to_json(value) == written


def test_writing_a_value_leaves_the_value_as_it_was():
    inner = [Get("a")]
    value = {"list": inner}
    to_json(value)["list"].append("more")
    assert value == {"list": [Get("a")]}
    assert inner == [Get("a")]


def test_references_are_found_in_order_with_the_parts_of_a_join():
    join = Join("/", ["s3://b", Get("one"), Join("", [Get("two")])])
    value = {"first": [join, "text", 3], "second": (JsonGet("s", "f", "p"),), "third": {"deep": Get("three")}}
    assert references_in(value) == [
        join,
        Get("one"),
        Join("", [Get("two")]),
        Get("two"),
        JsonGet("s", "f", "p"),
        Get("three"),
    ]


@pytest.mark.parametrize("value", ["text", 1, None, [], {}, {"Get": "Parameters.A"}])
def test_no_reference_is_found_where_there_is_none(value):
    assert references_in(value) == []


@pytest.mark.parametrize(
    ("reference", "step"),
    [
        (Get("Steps.model.ProcessingOutputConfig.Outputs['model_output'].S3Output.S3Uri"), "model"),
        (Get("Steps.model"), "model"),
        (JsonGet("package", "report", "a.b"), "package"),
        (Get("Parameters.Steps"), None),
        (Get("Execution.PipelineName"), None),
        (Join("/", [Get("Steps.model.A")]), None),
    ],
)
def test_the_step_of_a_reference_is_the_one_that_it_reads(reference, step):
    assert step_of(reference) == step


@pytest.mark.parametrize(
    ("reference", "parameter"),
    [
        (Get("Parameters.Approval"), "Approval"),
        (Get("Steps.Parameters.A"), None),
        (Get("Execution.PipelineName"), None),
        (JsonGet("Parameters", "report", "a"), None),
        (Join("/", [Get("Parameters.A")]), None),
    ],
)
def test_the_parameter_of_a_reference_is_the_one_that_it_reads(reference, parameter):
    assert parameter_of(reference) == parameter
