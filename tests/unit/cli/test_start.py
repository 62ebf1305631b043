from __future__ import annotations


def test_an_execution_to_take_from_goes_with_the_steps_that_are_to_be_executed(stepsmith):
    done = stepsmith("start", "one", "--from", "abc", "--region", "eu-west-1")
    assert done.status == 2
    assert "--from goes with --step" in done.err


def test_a_parameter_without_a_value_is_told(stepsmith):
    done = stepsmith("start", "one", "-p", "Rows", "--region", "eu-west-1")
    assert done.status == 2
    assert "--parameter takes NAME=VALUE, and not 'Rows'" in done.err
