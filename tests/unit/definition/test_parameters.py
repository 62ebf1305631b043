import math

import pytest

from stepsmith.definition.parameters import Parameter
from stepsmith.definition.references import Get

OF_TYPE = [
    ("String", "text"),
    ("String", ""),
    ("Integer", 3),
    ("Integer", 0),
    ("Integer", -(10**30)),
    ("Float", 0.5),
    ("Float", 1),
    ("Boolean", True),
    ("Boolean", False),
]
NOT_OF_TYPE = [
    ("String", 1),
    ("String", True),
    ("String", Get("Parameters.Other")),
    ("Integer", "3"),
    ("Integer", 3.0),
    ("Integer", True),
    ("Float", "0.5"),
    ("Float", False),
    ("Float", math.nan),
    ("Float", math.inf),
    ("Boolean", "true"),
    ("Boolean", 1),
    ("Boolean", 0),
]
IDS = [f"{kind}-{value!r}" for kind, value in NOT_OF_TYPE]


@pytest.mark.parametrize(("kind", "value"), OF_TYPE)
def test_a_default_of_the_type_is_admitted(kind, value):
    assert Parameter("P", kind, value).default == value


@pytest.mark.parametrize(("kind", "value"), NOT_OF_TYPE, ids=IDS)
def test_a_default_of_another_type_is_refused(expect_error, kind, value):
    with expect_error("DEF011", "P"):
        Parameter("P", kind, value)


@pytest.mark.parametrize(("kind", "value"), NOT_OF_TYPE, ids=IDS)
def test_a_value_of_another_type_is_refused_when_a_run_is_given_it(expect_error, kind, value):
    with expect_error("DEF011", "P"):
        Parameter("P", kind).check(value)


@pytest.mark.parametrize("kind", ["string", "Strin", "", "List", ["String"], None, 3], ids=repr)
def test_an_unknown_type_is_refused_with_the_types_that_there_are(expect_error, kind):
    with expect_error("DEF010", "P"):
        Parameter("P", kind)


def test_a_parameter_is_text_without_default_unless_it_says_otherwise():
    parameter = Parameter("P")
    assert (parameter.type, parameter.default, parameter.enum_values) == ("String", None, ())


def test_a_value_outside_the_enum_is_refused_with_the_values_that_it_has(expect_error):
    parameter = Parameter("Approval", enum_values=("Approved", "Rejected"))
    with expect_error("DEF012", "Approval"):
        parameter.check("approved")


def test_a_value_of_the_enum_is_admitted():
    Parameter("Count", "Integer", enum_values=(1, 2)).check(2)


def test_a_default_outside_the_enum_is_refused(expect_error):
    with expect_error("DEF012", "Count"):
        Parameter("Count", "Integer", 3, (1, 2))


def test_an_enum_holds_values_of_its_type_alone(expect_error):
    with expect_error("DEF011", "Count"):
        Parameter("Count", "Integer", enum_values=(1, "2"))


def test_the_reference_of_a_parameter_reads_it_by_name():
    assert Parameter("Approval").reference == Get("Parameters.Approval")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("String", "42", "42"),
        ("String", "", ""),
        ("String", "true", "true"),
        ("Integer", "42", 42),
        ("Integer", "-1", -1),
        ("Float", "0.5", 0.5),
        ("Float", "1e-3", 0.001),
        ("Float", "2", 2.0),
        ("Boolean", "true", True),
        ("Boolean", "False", False),
        ("Boolean", "TRUE", True),
    ],
)
def test_text_of_a_command_line_is_read_as_the_type_says(kind, text, value):
    read = Parameter("P", kind).read(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Integer", "4.2"),
        ("Integer", ""),
        ("Integer", "true"),
        ("Float", "half"),
        ("Float", "nan"),
        ("Float", "inf"),
        ("Float", "-Infinity"),
        ("Boolean", "1"),
        ("Boolean", "yes"),
        ("Boolean", ""),
    ],
)
def test_text_that_means_no_value_of_the_type_is_refused(expect_error, kind, text):
    with expect_error("DEF011", "P"):
        Parameter("P", kind).read(text)


def test_text_of_too_many_digits_is_refused(expect_error):
    with expect_error("DEF011", "P", text=False):  # all of the digits
        Parameter("P", "Integer").read("1" * 5000)


def test_text_is_held_against_the_enum_once_it_is_read(expect_error):
    parameter = Parameter("Count", "Integer", enum_values=(1, 2))
    assert parameter.read("2") == 2
    with expect_error("DEF012", "Count"):
        parameter.read("3")
