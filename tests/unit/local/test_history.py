import json
import sqlite3
from contextlib import closing

import pytest

from stepsmith.local.history import EXECUTING, FAILED, STOPPED, SUCCEEDED, RunHistory


@pytest.fixture
def history(tmp_path):
    return RunHistory(tmp_path / "stepsmith.db")


def rows(history, query):
    with closing(sqlite3.connect(history.database)) as connection:
        return connection.execute(query).fetchall()


def test_a_run_that_has_begun_executes_and_has_no_end(history):
    history.begin("id", "credit-risk", '{"Version":"2020-12-01"}', {"Count": 1, "Dry": True, "Text": "größe"})
    ((run, pipeline, status, definition, parameters, started, ended),) = rows(history, "SELECT * FROM runs")
    assert (run, pipeline, status, ended) == ("id", "credit-risk", EXECUTING, None)
    assert definition == '{"Version":"2020-12-01"}'
    assert json.loads(parameters) == {"Count": 1, "Dry": True, "Text": "größe"}
    assert started.endswith("Z")


@pytest.mark.parametrize("status", [SUCCEEDED, FAILED, STOPPED])
def test_a_run_that_ended_has_its_status_and_its_end(history, status):
    history.begin("id", "p", "{}", {})
    history.begin("other", "p", "{}", {})
    history.end("id", status)
    assert rows(history, "SELECT id, status, started <= ended FROM runs ORDER BY rowid") == [
        ("id", status, 1),
        ("other", EXECUTING, None),
    ]


def test_a_step_that_ended_has_its_status_its_reason_and_its_end_and_no_other_step_has(history):
    for run in ("id", "other"):
        history.begin(run, "p", "{}", {})
        for step in ("first", "second"):
            history.begin_step(run, step)
    history.end_step("id", "first", FAILED, "no column label")
    assert rows(history, "SELECT run, name, status, reason, ended IS NULL FROM steps ORDER BY rowid") == [
        ("id", "first", FAILED, "no column label", 0),
        ("id", "second", EXECUTING, None, 1),
        ("other", "first", EXECUTING, None, 1),
        ("other", "second", EXECUTING, None, 1),
    ]


def test_a_step_that_ended_well_has_no_reason(history):
    history.begin("id", "p", "{}", {})
    history.begin_step("id", "first")
    history.end_step("id", "first", SUCCEEDED)
    assert rows(history, "SELECT status, reason, started <= ended FROM steps") == [(SUCCEEDED, None, 1)]


def test_the_states_are_the_services_own_words():
    assert (EXECUTING, SUCCEEDED, FAILED, STOPPED) == ("Executing", "Succeeded", "Failed", "Stopped")
