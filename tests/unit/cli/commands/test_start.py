from __future__ import annotations


def test_an_execution_to_take_from_goes_with_the_steps_that_are_to_be_executed(stepsmith, snapshot):
    done = stepsmith("start", "one", "--from", "abc", "--region", "eu-west-1")
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)


def test_a_parameter_without_a_value_is_told(stepsmith, snapshot):
    done = stepsmith("start", "one", "-p", "Rows", "--region", "eu-west-1")
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)
