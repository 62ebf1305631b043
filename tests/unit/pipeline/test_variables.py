from __future__ import annotations

import pytest

from stepsmith import Get, Join
from stepsmith.diagnostics import DocumentError
from stepsmith.pipeline.variables import substitute_variables

ENVIRONMENT = {"STAGE": "prod", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("", ""),
        ("a-${env:STAGE}-b", "a-prod-b"),
        ("${env:EMPTY}", ""),
        ("${env:NOPE:-x}", "x"),
        ("${env:NOPE:-}", ""),
        ("${env:STAGE:-x}", "prod"),
        ("${env:EMPTY:-x}", "x"),
        ("${param:1M}", Get("Parameters.1M")),
        ("$${env:STAGE}", "${env:STAGE}"),
        ("cost: 5$", "cost: 5$"),
        ("${param:Model}", Get("Parameters.Model")),
        (
            "s3://${env:STAGE}/${param:Model}/x",
            Join("", ["s3://prod/", Get("Parameters.Model"), "/x"]),
        ),
        ("${param:A}${param:B}", Join("", [Get("Parameters.A"), Get("Parameters.B")])),
    ],
)
def test_variables_are_put_in(text, value):
    assert substitute_variables(text, ENVIRONMENT) == value


def test_a_parameters_default_is_noted():
    defaults = {}
    assert substitute_variables("${param:A:-x y}", {}, defaults) == Get("Parameters.A")
    assert substitute_variables("s3://b/${param:B:-}", {}, defaults) == Join("", ["s3://b/", Get("Parameters.B")])
    assert substitute_variables("${param:A} ${param:A:-x y}", {}, defaults)
    assert defaults == {"A": "x y", "B": ""}


def test_a_parameter_has_one_default(expect_error):
    with expect_error("YML012", kind=DocumentError):
        substitute_variables("${param:A:-x}${param:A:-y}", {})


@pytest.mark.parametrize("text", ["${env:HOME", "a ${", "${env:STAGE} ${param:X"])
def test_a_variable_that_is_not_closed_is_refused(expect_error, text):
    with expect_error("YML010", kind=DocumentError):
        substitute_variables(text, ENVIRONMENT)


def test_a_default_that_is_written_as_of_a_shell_is_known(expect_error):
    with expect_error("YML011", kind=DocumentError):
        substitute_variables("${env:NOPE-eu-west-1}", ENVIRONMENT)


def test_a_variable_that_is_not_set_and_has_no_default_is_an_error(expect_error):
    with expect_error("YML011", kind=DocumentError):
        substitute_variables("${env:NOPE}", ENVIRONMENT)


@pytest.mark.parametrize(
    "text",
    ["${STAGE}", "${env:}", "${env:A B}", "${env:A:-${env:B}}", "${parm:X}", "${}", "${env: STAGE}"],
)
def test_what_is_no_variable_is_refused_with_the_way_to_write_it(expect_error, text):
    with expect_error("YML010", kind=DocumentError):
        substitute_variables(text, ENVIRONMENT)
