"""The one SQLite file of a store: runs, their steps, and model packages."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote

from stepsmith.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BUSY_SECONDS = 30
_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, status TEXT NOT NULL, definition TEXT NOT NULL,
    parameters TEXT NOT NULL, started TEXT NOT NULL, ended TEXT
);
CREATE TABLE steps (
    run TEXT NOT NULL REFERENCES runs (id), name TEXT NOT NULL, status TEXT NOT NULL, reason TEXT,
    started TEXT NOT NULL, ended TEXT, PRIMARY KEY (run, name)
);
CREATE TABLE model_packages (
    group_name TEXT NOT NULL, version INTEGER NOT NULL, described TEXT NOT NULL, run TEXT,
    PRIMARY KEY (group_name, version)
);
"""


@contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the database at `path`, made when there is none; what the block did is kept whole or not.

    Raises: RunError when the file is no database of ours, one of a later version, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            with suppress(sqlite3.OperationalError):  # another process is setting it just now, and it stays set
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            # Where the block raises, closing the connection takes back what it did.
            _prepare(connection, path)
            yield connection
            connection.execute("COMMIT")
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads the database at `path`, which need not be writable.

    Raises: RunError when the file is no database of ours, or one of a later version.
    """
    try:
        # Where not even the files beside it can be written, nobody is writing: it can be read as it stands.
        effective = os.access in os.supports_effective_ids
        writable = os.access(path.parent, os.W_OK, effective_ids=effective)
        options = "mode=ro" if writable else "immutable=1"
        place = f"file:{quote(str(path.resolve()))}?{options}"
        with closing(sqlite3.connect(place, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            _refuse_other_version(connection, path)
            yield connection
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error


def now() -> str:
    """The time, in UTC, as ISO 8601 with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    _refuse_other_version(connection, path)


def _refuse_other_version(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != _SCHEMA_VERSION:
        what = f"the database {path} is of version {version}, and this Stepsmith knows {_SCHEMA_VERSION}"
        raise RunError("RUN021", what, fix="use the Stepsmith that wrote it, or another store")


def _unusable(path: Path, error: Exception) -> RunError:
    fix = "see that this place can be written, or use another --store"
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        fix = "another run holds it; try again"
    elif isinstance(error, sqlite3.DatabaseError) and "not a database" in str(error):
        fix = "it is some other file: move it away, and a new one is made"
    return RunError("RUN020", f"the database {path} cannot be used: {error}", fix=fix)
