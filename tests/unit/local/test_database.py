import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from stepsmith.errors import RunError
from stepsmith.local.database import now, transaction

INSERT = "INSERT INTO model_packages VALUES ('group', ?, '{}', NULL)"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "stepsmith.db"


def versions(path):
    with transaction(path) as connection:
        return [row["version"] for row in connection.execute("SELECT version FROM model_packages ORDER BY version")]


def test_a_database_is_made_with_its_folder_when_there_is_none(path):
    with transaction(path) as connection:
        tables = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"runs", "steps", "model_packages"}


def test_what_a_block_did_is_kept(path):
    with transaction(path) as connection:
        connection.execute(INSERT, (1,))
    assert versions(path) == [1]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_block_that_fails_keeps_nothing_of_what_it_did(path, error):
    def fail():
        with transaction(path) as connection:
            connection.execute(INSERT, (1,))
            connection.execute(INSERT, (2,))
            raise error

    with pytest.raises(error):
        fail()
    assert versions(path) == []


def test_a_block_that_fails_does_not_hold_up_the_next(path):
    def fail():
        with transaction(path) as connection:
            connection.execute(INSERT, (1,))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with transaction(path) as connection:
        connection.execute(INSERT, (1,))
    assert versions(path) == [1]


def test_a_block_that_cannot_write_is_an_error_of_ours_that_names_the_database(path):
    def write_twice():
        with transaction(path) as connection:
            connection.execute(INSERT, (1,))
            connection.execute(INSERT, (1,))

    with pytest.raises(RunError) as caught:
        write_twice()
    assert str(path) in str(caught.value)
    assert versions(path) == []


def test_a_database_keeps_a_write_ahead_log_so_that_readers_do_not_wait(path):
    versions(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_blocks_at_the_same_time_come_one_after_the_other_from_the_first_on(path):
    def add(_):
        with transaction(path) as connection:
            (version,) = connection.execute("SELECT coalesce(max(version), 0) + 1 FROM model_packages").fetchone()
            connection.execute(INSERT, (version,))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(24)))
    assert versions(path) == list(range(1, 25))


def test_a_database_of_a_later_version_is_refused_and_stays_as_it_is(path):
    versions(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")
        connection.execute("CREATE TABLE later (a)")
    with pytest.raises(RunError) as caught:
        versions(path)
    (finding,) = caught.value.findings
    assert finding.code == "RUN021"
    assert str(path) in finding.what
    assert "version 2" in finding.what
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)


@pytest.mark.parametrize("content", [b"no database, but a text that someone needs" * 30, b"x" * 4096])
def test_a_file_that_is_no_database_is_refused_and_stays_as_it_is(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(RunError) as caught:
        versions(path)
    (finding,) = caught.value.findings
    assert finding.code == "RUN020"
    assert str(path) in finding.what
    assert path.read_bytes() == content


def test_a_database_that_another_program_made_is_refused_and_stays_as_it_is(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE runs (theirs)")
    with pytest.raises(RunError, match="RUN020"):
        versions(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("runs",)]


def test_a_folder_in_the_place_of_the_database_is_refused_with_an_error_of_ours(path):
    path.mkdir(parents=True)
    with pytest.raises(RunError) as caught:
        versions(path)
    assert str(path) in str(caught.value)


def test_a_file_in_the_place_of_the_databases_folder_is_refused_with_an_error_of_ours(path):
    path.parent.touch()
    with pytest.raises(RunError) as caught:
        versions(path)
    assert str(path.parent) in str(caught.value)


def test_the_time_is_utc_in_iso_form_with_milliseconds_so_that_texts_sort_as_times_do():
    first, second = now(), now()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first)
    assert first <= second
