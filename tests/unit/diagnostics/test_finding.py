import pytest

from stepsmith.diagnostics import ABOUT_KEY, Finding, Position


@pytest.mark.parametrize(("column", "shown"), [(1, "x"), (500, "x"), (1000, "x")])
def test_of_a_long_line_the_part_around_the_place_is_shown(column, shown):
    line, caret = Position("p", 1, column, "-" * (column - 1) + shown + "-" * (1000 - column)).excerpt.splitlines()
    assert len(line) <= 100
    assert line[caret.index("^")] == shown


def test_what_a_terminal_would_obey_is_not_shown():
    assert Position("p", 1, 1, "a\x1b[31m\tb").excerpt == "a [31m b\n^"
    assert Position("p", 1, 1, "\x1b").excerpt == ""


def test_a_finding_is_about_a_step_and_one_of_its_fields():
    finding = Finding("STP201", "wrong", ("steps", "a.b", "env", "STAGE"))
    assert (finding.step, finding.field, finding.where) == ("a.b", "env", "steps.a.b.env.STAGE")


def test_an_argument_of_a_request_is_no_field_of_the_step():
    finding = Finding("DEF134", "wrong", ("steps", "a", "Arguments", "RoleArn"))
    assert (finding.step, finding.field) == ("a", None)


def test_a_finding_about_the_pipeline_has_a_field_and_no_step():
    finding = Finding("STP201", "wrong", ("defaults", "env"))
    assert (finding.step, finding.field) == (None, "defaults")
    assert (Finding("YML001", "wrong").step, Finding("YML001", "wrong").field) == (None, None)


def test_what_a_finding_requires_moves_with_its_path():
    finding = Finding("RES001", "wrong", ("model",), requires=[("after",)]).inside("steps", "a")
    assert (finding.path, finding.requires) == (("steps", "a", "model"), (("steps", "a", "after"),))


def test_a_finding_may_be_about_a_key():
    assert Finding("YML006", "wrong", "x", data=ABOUT_KEY).is_about_key
    assert not Finding("YML006", "wrong", "x").is_about_key
