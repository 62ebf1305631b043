"""The one SQLite file of a store: runs, their steps, and model packages."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote

from stepsmith.diagnostics import About, Rule, RunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BUSY_SECONDS = 30
# What makes each version of the schema from the one before it; none is changed once it has been released.
_MIGRATIONS = (
    """
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
""",
    # `owner` is the process that runs a run; a decision without a status before it is the registration.
    """
ALTER TABLE runs ADD COLUMN owner TEXT;
ALTER TABLE runs ADD COLUMN reason TEXT;
ALTER TABLE steps ADD COLUMN bytes_in INTEGER;
ALTER TABLE steps ADD COLUMN bytes_out INTEGER;
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY, group_name TEXT NOT NULL, version INTEGER NOT NULL,
    decided_at TEXT NOT NULL, decided_by TEXT, status_before TEXT, status TEXT NOT NULL, reason TEXT,
    FOREIGN KEY (group_name, version) REFERENCES model_packages (group_name, version)
);
CREATE TRIGGER no_decision_is_altered BEFORE UPDATE ON decisions
    BEGIN SELECT RAISE(ABORT, 'a decision is never altered'); END;
CREATE TRIGGER no_decision_is_removed BEFORE DELETE ON decisions
    BEGIN SELECT RAISE(ABORT, 'a decision is never removed'); END;
INSERT INTO decisions (group_name, version, decided_at, status)
    SELECT group_name, version, json_extract(described, '$.CreationTime'),
        json_extract(described, '$.ModelApprovalStatus')
    FROM model_packages ORDER BY json_extract(described, '$.CreationTime'), group_name, version;
""",
    # What files were (device, inode, size, times) when their digests were taken, and as what they were read.
    """
CREATE TABLE digests (
    path TEXT NOT NULL, read_as TEXT NOT NULL, identity TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (path, read_as)
);
""",
)
SCHEMA_VERSION = len(_MIGRATIONS)


@contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the database at `path`, made when there is none; what the block did is kept whole or not.

    A database of an earlier version becomes one of this version first, in the same transaction.
    Raises: RunError when the file is no database of ours, one of a later version, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(_connect(path)) as connection:
            with suppress(sqlite3.OperationalError):  # another process is setting it just now, and it stays set
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            # Where the block raises, closing the connection takes back what it did.
            _migrate(connection, path)
            yield connection
            connection.execute("COMMIT")
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads the database at `path`, which need not be writable.

    A database of an earlier version stays as it is: what is read is a copy of it, in memory and of this version.
    Raises: RunError when the file is no database of ours, or one of a later version.
    """
    try:
        with closing(_opened(path)) as connection, closing(_connect(":memory:")) as copy:
            if _version(connection, path) == SCHEMA_VERSION:
                yield connection
                return
            connection.backup(copy)
            _migrate(copy, path)
            yield copy
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error


@contextmanager
def shared_connection(path: Path) -> Iterator[None]:
    """A block in which many small transactions are cheap; the database at `path` is there already.

    Whoever closes the last connection to it folds its log into it, and in the block that is nobody.
    """
    with closing(_opened(path)) as connection:
        _version(connection, path)
        yield


def now() -> str:
    """The time, in UTC, as ISO 8601 with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _opened(path: Path) -> sqlite3.Connection:
    # Where not even the files beside it can be written, nobody is writing: it can be read as it stands, unless a part
    # of it is in its log still.
    effective = os.access in os.supports_effective_ids
    log = path.with_name(f"{path.name}-wal")
    is_being_written = os.access(path.parent, os.W_OK, effective_ids=effective) or (log.exists() and log.stat().st_size)
    mode = "mode=ro" if is_being_written else "immutable=1"
    return _connect(f"file:{quote(str(path.resolve()))}?{mode}", uri=True)


def _connect(database: Path | str, *, uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(database, uri=uri, timeout=_BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Brings a database to this version; the transaction is the caller's."""
    version = _version(connection, path)
    for script in _MIGRATIONS[version:]:
        for statement in script.split(";\n"):
            connection.execute(statement)
    if version != SCHEMA_VERSION:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if not 0 <= version <= SCHEMA_VERSION:
        message = f"the database {path} is of version {version}, and this Stepsmith knows {SCHEMA_VERSION}"
        raise RunError("RUN021", message, fix="use the Stepsmith that wrote it, or another store")
    return version


def _unusable(path: Path, error: Exception) -> RunError:
    fix = "see that this place can be written, or use another --store"
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        fix = "another run holds it; try again"
    elif isinstance(error, sqlite3.DatabaseError) and "not a database" in str(error):
        fix = "it is some other file: move it away, and a new one is made"
    return RunError("RUN020", f"the database {path} cannot be used: {error}", fix=fix)


RULES = (
    Rule(
        "RUN020",
        "A database that cannot be used",
        "The store keeps runs and model versions in a SQLite database. It is locked, damaged, or not a database.",
        About.RUN,
        "If another run uses it, try again. Otherwise check the permissions, move the file away, or use "
        "another store with `--store`.",
    ),
    Rule(
        "RUN021",
        "A database of a newer version",
        "A newer version of Stepsmith wrote the database. An older one could damage it.",
        About.RUN,
        "Upgrade Stepsmith, or use another store with `--store`.",
    ),
)
