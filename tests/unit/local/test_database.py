import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from stepsmith.local.database import SCHEMA_VERSION, now, reading, transaction

INSERT = "INSERT INTO model_packages VALUES ('group', ?, '{}', NULL)"
VERSION_1 = (Path(__file__).parent / "version_1.sql").read_text()
SCHEMA = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
TABLES = ("SELECT * FROM runs", "SELECT * FROM steps", "SELECT * FROM model_packages")
DECISIONS = "SELECT group_name, version, decided_by, status_before, status, reason FROM decisions ORDER BY number"
REGISTERED = [
    ("penguins", 1, None, None, "PendingManualApproval", None),
    ("gulls", 1, None, None, "PendingManualApproval", None),
    ("penguins", 2, None, None, "Approved", None),
]
DECIDED = (
    "INSERT INTO decisions (group_name, version, decided_at, status)"
    " VALUES ('group', 1, '2026-07-01T00:00:00.000Z', 'Approved')"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "stepsmith.db"


@pytest.fixture
def earlier(path):
    """A database of schema version 1, with rows in each of its tables."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(VERSION_1)
    return path


def rows(path, query):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def versions(path):
    with transaction(path) as connection:
        return [row["version"] for row in connection.execute("SELECT version FROM model_packages ORDER BY version")]


def test_a_database_is_made_with_its_folder_when_there_is_none(path):
    with transaction(path) as connection:
        tables = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"runs", "steps", "model_packages", "decisions", "digests"}


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


def test_a_block_that_cannot_write_is_an_error_of_ours_that_names_the_database(path, expect_error):
    with expect_error("RUN020"), transaction(path) as connection:
        connection.execute(INSERT, (1,))
        connection.execute(INSERT, (1,))
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


def test_a_database_of_a_later_version_is_refused_and_stays_as_it_is(path, expect_error):
    versions(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        connection.execute("CREATE TABLE later (a)")
    for use in (transaction, reading):
        with expect_error("RUN021"), use(path):
            pass
    assert rows(path, "PRAGMA user_version") == [(SCHEMA_VERSION + 1,)]


def test_a_database_of_an_earlier_version_becomes_one_of_this_with_all_that_is_in_it(earlier, tmp_path):
    before = {query: rows(earlier, query) for query in TABLES}
    assert [len(found) for found in before.values()] == [4, 7, 3]
    with transaction(earlier):
        pass
    assert rows(earlier, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    for query, found in before.items():
        after = rows(earlier, query)
        assert [row[: len(found[0])] for row in after] == found
        # What came later stands behind what was there, and is not known.
        assert {value for row in after for value in row[len(found[0]) :]} <= {None}
    versions(tmp_path / "new.db")
    columns = "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c ORDER BY 1, c.cid"
    assert rows(earlier, columns) == rows(tmp_path / "new.db", columns)


def test_the_versions_of_an_earlier_database_are_registered_in_the_order_of_their_time(earlier):
    with transaction(earlier):
        pass
    assert rows(earlier, DECISIONS) == REGISTERED
    at = "SELECT decided_at FROM decisions JOIN model_packages USING (group_name, version)"
    assert rows(earlier, f"{at} WHERE decided_at <> json_extract(described, '$.CreationTime')") == []


def test_reading_an_earlier_database_shows_it_as_of_this_version_and_leaves_it_as_it_is(earlier):
    before = earlier.read_bytes()
    with reading(earlier) as connection:
        assert [tuple(row) for row in connection.execute(DECISIONS)] == REGISTERED
        assert connection.execute("SELECT owner FROM runs WHERE id = '0brokenoff00'").fetchone()["owner"] is None
    assert earlier.read_bytes() == before
    assert rows(earlier, "PRAGMA user_version") == [(1,)]


def test_a_block_that_fails_leaves_an_earlier_database_an_earlier_one(earlier):
    before = rows(earlier, SCHEMA)

    def fail():
        with transaction(earlier):
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert rows(earlier, "PRAGMA user_version") == [(1,)]
    assert rows(earlier, SCHEMA) == before


def test_a_database_that_cannot_be_brought_to_this_version_stays_as_it_is(earlier, expect_error):
    with closing(sqlite3.connect(earlier)) as connection:
        connection.execute("CREATE TABLE decisions (theirs)")
    before = rows(earlier, SCHEMA)
    for use in (transaction, reading):
        with expect_error("RUN020"), use(earlier):
            pass
    assert rows(earlier, SCHEMA) == before
    assert rows(earlier, "PRAGMA user_version") == [(1,)]


def test_whoever_comes_at_the_same_time_brings_an_earlier_database_to_this_version_once(earlier):
    def add(version):
        with transaction(earlier) as connection:
            connection.execute(INSERT, (version,))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(24)))
    assert rows(earlier, DECISIONS) == REGISTERED
    assert len(rows(earlier, "SELECT * FROM model_packages")) == 27


def test_an_empty_file_is_read_as_a_database_with_nothing_in_it(path):
    path.parent.mkdir()
    path.touch()
    with reading(path) as connection:
        assert connection.execute("SELECT * FROM runs").fetchall() == []
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    "statement", ["UPDATE decisions SET reason = 'another'", "DELETE FROM decisions"], ids=["altered", "removed"]
)
def test_a_decision_is_neither_altered_nor_removed(path, expect_error, statement):
    with transaction(path) as connection:
        connection.execute(DECIDED)
    before = rows(path, DECISIONS)
    with expect_error("RUN020"), transaction(path) as connection:
        connection.execute(statement)
    assert rows(path, DECISIONS) == before


@pytest.mark.parametrize(
    "content", [b"no database, but a text that someone needs" * 30, b"x" * 4096], ids=["a text", "a page"]
)
def test_a_file_that_is_no_database_is_refused_and_stays_as_it_is(path, expect_error, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with expect_error("RUN020"):
        versions(path)
    assert path.read_bytes() == content


def test_a_database_that_another_program_made_is_refused_and_stays_as_it_is(path, expect_error):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE runs (theirs)")
    with expect_error("RUN020"):
        versions(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("runs",)]


def test_a_folder_in_the_place_of_the_database_is_refused_with_an_error_of_ours(path, expect_error):
    path.mkdir(parents=True)
    with expect_error("RUN020"):
        versions(path)


def test_a_file_in_the_place_of_the_databases_folder_is_refused_with_an_error_of_ours(path, expect_error):
    path.parent.touch()
    with expect_error("RUN020"):
        versions(path)


def test_the_time_is_utc_in_iso_form_with_milliseconds_so_that_texts_sort_as_times_do():
    first, second = now(), now()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first)
    assert first <= second
