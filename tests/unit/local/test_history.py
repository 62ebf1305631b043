import json
import sqlite3
from contextlib import closing

import pytest

from stepsmith.local.history import EXECUTING, FAILED, NOT_RUN, STOPPED, SUCCEEDED, RunHistory, StepRecord
from stepsmith.local.run_owner import RunOwner


@pytest.fixture
def history(tmp_path):
    return RunHistory(tmp_path / "stepsmith.db")


def rows(history, query, *values):
    with closing(sqlite3.connect(history.database, isolation_level=None)) as connection:
        return connection.execute(query, values).fetchall()


def definition(*names):
    """A definition of steps of these names, as far as the history reads it."""
    return json.dumps({"Version": "2020-12-01", "Steps": [{"Name": name} for name in names]})


def begin(history, run_id, *steps, owner=None):
    """Begins a run; `owner` is who runs it, this process unless it is given."""
    history.begin(run_id, "p", definition(*steps), {})
    if owner is not None:
        rows(history, "UPDATE runs SET owner = ? WHERE id = ?", str(owner) or None, run_id)


def test_a_run_that_has_begun_executes_has_no_end_and_is_this_processs(history):
    history.begin("id", "credit-risk", definition("a"), {"Count": 1, "Dry": True, "Text": "größe"})
    run = history.run("id")
    assert (run.id, run.pipeline, run.status, run.ended, run.reason) == ("id", "credit-risk", EXECUTING, None, None)
    assert run.parameters == {"Count": 1, "Dry": True, "Text": "größe"}
    assert run.started.endswith("Z")
    assert run.owner == RunOwner.current()
    assert run.steps == (StepRecord("a", NOT_RUN),)
    assert rows(history, "SELECT definition FROM runs") == [(definition("a"),)]


@pytest.mark.parametrize("status", [SUCCEEDED, FAILED, STOPPED])
def test_a_run_that_ended_has_its_status_its_reason_and_its_end(history, status):
    begin(history, "id")
    begin(history, "other")
    history.end("id", status, "the disk is full" if status == FAILED else None)
    run, other = history.run("id"), history.run("other")
    assert (run.status, run.reason) == (status, "the disk is full" if status == FAILED else None)
    assert run.started <= run.ended
    assert (other.status, other.ended) == (EXECUTING, None)


def test_a_step_that_ended_has_all_that_is_told_of_it_and_no_other_step_has(history):
    for run in ("id", "other"):
        begin(history, run, "first", "second")
        for step in ("first", "second"):
            history.begin_step(run, step)
    history.end_step("id", "first", FAILED, "no column label", 10, 0)
    first, second = history.run("id").steps
    assert (first.name, first.status, first.reason) == ("first", FAILED, "no column label")
    assert (first.bytes_in, first.bytes_out) == (10, 0)
    assert first.started <= first.ended
    assert second == StepRecord("second", EXECUTING, started=second.started)
    assert {step.status for step in history.run("other").steps} == {EXECUTING}


def test_a_step_that_ended_well_has_no_reason(history):
    begin(history, "id", "first")
    history.begin_step("id", "first")
    history.end_step("id", "first", SUCCEEDED, bytes_in=0, bytes_out=7)
    (step,) = history.run("id").steps
    assert (step.status, step.reason, step.bytes_in, step.bytes_out) == (SUCCEEDED, None, 0, 7)


def test_steps_come_as_they_began_and_then_those_that_did_not_as_they_are_declared(history):
    begin(history, "id", "e", "d", "c", "b", "a")
    for step in ("b", "d"):
        history.begin_step("id", step)
    assert [(step.name, step.status) for step in history.run("id").steps] == [
        ("b", EXECUTING),
        ("d", EXECUTING),
        ("e", NOT_RUN),
        ("c", NOT_RUN),
        ("a", NOT_RUN),
    ]


def test_a_step_that_is_still_executing_when_its_run_ends_was_stopped(history):
    for run in ("id", "other"):
        begin(history, run, "first", "second")
        history.begin_step(run, "first")
        history.begin_step(run, "second")
        history.end_step(run, "first", SUCCEEDED)
    history.end("id", STOPPED)
    first, second = history.run("id").steps
    assert (first.status, second.status) == (SUCCEEDED, STOPPED)
    assert second.ended
    assert history.run("other").steps[1].status == EXECUTING


def test_runs_come_latest_first_and_without_their_steps(history):
    for run in ("b", "c", "a"):
        begin(history, run, "first")
        history.begin_step(run, "first")
    rows(history, "UPDATE runs SET started = '2026-01-01T00:00:00.000Z'")  # all in one moment
    assert [run.id for run in history.runs()] == ["a", "c", "b"]
    assert [run.steps for run in history.runs()] == [(), (), ()]


def test_without_a_database_there_are_no_runs_and_none_is_made(history, expect_error):
    assert history.runs() == []
    assert history.alive() == set()
    history.abandon()
    with expect_error("RUN070"):
        history.run("id")
    assert not history.database.exists()


@pytest.mark.parametrize("wanted", ["abc1", "abc", "ab"])
def test_a_run_is_found_by_the_beginning_of_its_id(history, wanted):
    begin(history, "abc1")
    begin(history, "xyz1")
    assert history.run(wanted).id == "abc1"


def test_a_whole_id_is_found_though_another_begins_with_it(history):
    begin(history, "abc")
    begin(history, "abcd")
    assert history.run("abc").id == "abc"


@pytest.mark.parametrize("wanted", ["abc", "abd1", "ABC1", pytest.param("", id="nothing"), "%"])
def test_an_id_that_no_run_or_that_several_have_is_refused(history, expect_error, wanted):
    for run in ("abc1", "abc2", "xyz1"):
        begin(history, run)
    with expect_error("RUN070"):
        history.run(wanted)


def dump(history):
    return rows(history, "SELECT * FROM runs"), rows(history, "SELECT * FROM steps")


@pytest.fixture
def abandoned(history, gone):
    """A run whose process is gone, with one step done, one at it and one to come, and one whose process is there."""
    for run, owner in (("dead", gone), ("mine", RunOwner.current())):
        begin(history, run, "first", "second", "third", owner=owner)
        history.begin_step(run, "first")
        history.end_step(run, "first", SUCCEEDED)
        history.begin_step(run, "second")
    return history


def test_a_run_whose_process_is_gone_is_shown_as_stopped_and_nothing_is_written(abandoned, gone, snapshot):
    before = dump(abandoned)
    run = abandoned.run("dead")
    assert (run.status, run.ended, run.owner) == (STOPPED, None, gone)
    assert [(step.name, step.status, step.reason) for step in run.steps] == [
        ("first", SUCCEEDED, None),
        ("second", STOPPED, run.reason),
        ("third", NOT_RUN, None),
    ]
    assert [(run.id, run.status, run.reason) for run in abandoned.runs()] == [
        ("mine", EXECUTING, None),
        ("dead", STOPPED, run.reason),
    ]
    assert dump(abandoned) == before
    snapshot(run.reason.replace(str(gone.pid), "PID"))


def test_a_run_whose_process_is_there_is_shown_as_it_is(abandoned):
    run = abandoned.run("mine")
    assert (run.status, run.reason) == (EXECUTING, None)
    assert [step.status for step in run.steps] == [SUCCEEDED, EXECUTING, NOT_RUN]


def test_only_runs_with_a_process_that_is_there_are_alive(abandoned):
    begin(abandoned, "ended")
    abandoned.end("ended", SUCCEEDED)
    assert abandoned.alive() == {"mine"}


def test_abandoned_runs_are_written_down_as_stopped_and_no_others(abandoned):
    shown = abandoned.run("dead")
    abandoned.abandon()
    reason = shown.reason
    assert rows(abandoned, "SELECT id, status, reason, ended IS NULL FROM runs ORDER BY rowid") == [
        ("dead", STOPPED, reason, 1),
        ("mine", EXECUTING, None, 1),
    ]
    assert rows(abandoned, "SELECT run, name, status, reason, ended IS NULL FROM steps ORDER BY rowid") == [
        ("dead", "first", SUCCEEDED, None, 0),
        ("dead", "second", STOPPED, reason, 1),
        ("mine", "first", SUCCEEDED, None, 0),
        ("mine", "second", EXECUTING, None, 1),
    ]
    written = abandoned.run("dead")
    assert [step.status for step in written.steps] == [step.status for step in shown.steps]
    assert (written.status, written.reason) == (shown.status, reason)


def test_where_nothing_is_abandoned_nothing_is_written(history):
    begin(history, "mine", "first")
    before = dump(history)
    history.abandon()
    assert dump(history) == before


def test_a_run_of_which_nobody_noted_who_runs_it_is_of_nobody_who_is_there(history, snapshot):
    begin(history, "old", "first", owner="")
    history.begin_step("old", "first")
    run = history.run("old")
    assert (run.status, run.owner) == (STOPPED, None)
    snapshot(run.reason)
    assert history.alive() == set()
    history.abandon()
    assert rows(history, "SELECT status FROM runs") == [(STOPPED,)]


def test_the_states_are_the_services_own_words():
    assert (EXECUTING, SUCCEEDED, FAILED, STOPPED) == ("Executing", "Succeeded", "Failed", "Stopped")
