import pickle
from pathlib import Path

import pytest

from stepsmith.diagnostics import FaultsError, Finding, RunError
from stepsmith.local.run import Observer, Run, StepFailedError, StepRun, failed_steps
from stepsmith.local.store import Store


def failure(step, **members):
    return StepFailedError(step, Finding("RUN044", "no memory", **members), Path(f"{step}.log"))


def test_a_run_that_has_just_begun_executes_and_has_neither_steps_nor_packages(tmp_path):
    run = Run("id", "p", Store(tmp_path))
    assert (run.status, run.steps, run.packages, run.warning) == ("Executing", [], [], "")


def test_an_observer_that_does_nothing_is_shown_all_the_same(tmp_path, machine):
    run = Run("id", "p", Store(tmp_path))
    assert Observer().begun(run, machine.compiled()) is None
    assert Observer().step(StepRun("a", "Executing", tmp_path / "log")) is None
    assert run.steps == []


@pytest.mark.parametrize(
    ("where", "place"),
    [("", "steps.a"), ("Arguments.X", "steps.a.Arguments.X")],
    ids=["the step", "a place in the step"],
)
def test_a_failure_says_which_step_failed_why_and_where_its_log_is(where, place, expect_error):
    error = failure("a", path=where, suggestion="use more")
    assert (error.step, error.reason, error.log) == ("a", "no memory", Path("a.log"))
    with expect_error("RUN044", place, kind=StepFailedError):
        raise error


def test_a_failure_comes_whole_out_of_another_process():
    error = failure("first", suggestion="use more")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (again.step, again.reason, again.log) == ("first", "no memory", Path("first.log"))
    assert again.findings == error.findings


def test_the_failures_of_steps_are_found_in_one_error_or_in_several():
    one, other = failure("a"), failure("b")
    assert failed_steps(one) == [one]
    assert failed_steps(FaultsError([one, RunError("RUN003", "full"), other])) == [one, other]
    assert failed_steps(RunError("RUN003", "full")) == []
