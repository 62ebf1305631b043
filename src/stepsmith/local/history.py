"""The history of runs: each run and each of its steps, with status, reason, times, bytes and owner."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.diagnostics import About, Rule, RunError
from stepsmith.local.database import now, reading, transaction
from stepsmith.local.run_owner import RunOwner

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path

# The service's own words for the states of an execution and of a step; it has none for a step that it did not begin.
EXECUTING, SUCCEEDED, FAILED, STOPPED = "Executing", "Succeeded", "Failed", "Stopped"
NOT_RUN = "NotRun"


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step of a run as it is kept; times are UTC in ISO 8601, and None where there is none yet."""

    name: str
    status: str
    reason: str | None = None
    started: str | None = None
    ended: str | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as it is kept: its status as it truly is, whatever became of the process that ran it."""

    id: str
    pipeline: str
    status: str
    started: str
    ended: str | None
    parameters: Mapping[str, Any]
    owner: RunOwner | None = None
    reason: str | None = None
    steps: tuple[StepRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class RunHistory:
    """The runs in a database."""

    database: Path

    def begin(self, run_id: str, pipeline: str, definition: str, parameters: Mapping[str, Any]) -> None:
        """Records that a run has begun, and that this process runs it."""
        row = (run_id, pipeline, EXECUTING, definition, json.dumps(parameters), now(), str(RunOwner.current()))
        with transaction(self.database) as connection:
            connection.execute(
                "INSERT INTO runs (id, pipeline, status, definition, parameters, started, owner)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def begin_step(self, run_id: str, step: str) -> None:
        """Records that a step has begun."""
        with transaction(self.database) as connection:
            row = (run_id, step, EXECUTING, now())
            connection.execute("INSERT INTO steps (run, name, status, started) VALUES (?, ?, ?, ?)", row)

    def end_step(
        self,
        run_id: str,
        step: str,
        status: str,
        reason: str | None = None,
        bytes_in: int | None = None,
        bytes_out: int | None = None,
    ) -> None:
        """Records how a step ended."""
        with transaction(self.database) as connection:
            query = "UPDATE steps SET status = ?, reason = ?, ended = ?, bytes_in = ?, bytes_out = ?"
            row = (status, reason, now(), bytes_in, bytes_out, run_id, step)
            connection.execute(f"{query} WHERE run = ? AND name = ?", row)

    def end(self, run_id: str, status: str, reason: str | None = None) -> None:
        """Records how a run ended; a step of it that is still executing was stopped."""
        with transaction(self.database) as connection:
            query = "UPDATE steps SET status = ?, ended = ? WHERE run = ? AND status = ?"
            connection.execute(query, (STOPPED, now(), run_id, EXECUTING))
            query = "UPDATE runs SET status = ?, reason = ?, ended = ? WHERE id = ?"
            connection.execute(query, (status, reason, now(), run_id))

    def abandon(self) -> None:
        """Records of each run whose owner is gone that it and its executing steps were stopped; when, nobody saw."""
        gone = [run for run in self._executing() if not self._is_owned(run)]
        if not gone:
            return
        with transaction(self.database) as connection:
            for run in gone:
                reason = _abandoned(RunOwner.read(run["owner"]))
                for query in (
                    "UPDATE steps SET status = ?, reason = ? WHERE status = ? AND run = ?",
                    "UPDATE runs SET status = ?, reason = ? WHERE status = ? AND id = ?",
                ):
                    connection.execute(query, (STOPPED, reason, EXECUTING, run["id"]))

    def alive(self) -> set[str]:
        """The ids of the runs that are executing, each with an owner that is there."""
        return {run["id"] for run in self._executing() if self._is_owned(run)}

    def runs(self) -> list[RunRecord]:
        """Every run without its steps, the latest first."""
        if not self.database.exists():
            return []
        with reading(self.database) as connection:
            return [
                self._record(row) for row in connection.execute("SELECT * FROM runs ORDER BY started DESC, rowid DESC")
            ]

    def run(self, run_id: str) -> RunRecord:
        """A run with its steps, in the order in which they began, and then those that did not.

        `run_id` may be the beginning of one. Raises: RunError when no run has it, or several have.
        """
        known = self._ids()
        matching = [one for one in known if one == run_id] or [
            one for one in known if run_id and one.startswith(run_id)
        ]
        if len(matching) != 1:
            message = (
                f"{len(matching)} runs have an id that begins with {run_id!r}" if matching else f"no run is {run_id!r}"
            )
            fix = f"they are {', '.join(sorted(matching))}" if matching else "stepsmith runs lists them"
            raise RunError("RUN070", message, fix=fix)
        with reading(self.database) as connection:
            row = connection.execute("SELECT * FROM runs WHERE id = ?", matching).fetchone()
            steps = connection.execute("SELECT * FROM steps WHERE run = ? ORDER BY rowid", matching).fetchall()
        return self._record(row, steps)

    def _ids(self) -> list[str]:
        if not self.database.exists():
            return []
        with reading(self.database) as connection:
            return [row["id"] for row in connection.execute("SELECT id FROM runs")]

    def _is_owned(self, row: sqlite3.Row) -> bool:
        owner = RunOwner.read(row["owner"])
        return owner is not None and owner.is_alive(run_lock(self.database, row["id"]))

    def _record(self, row: sqlite3.Row, steps: list[sqlite3.Row] | None = None) -> RunRecord:
        return _run(row, steps, is_gone=row["status"] == EXECUTING and not self._is_owned(row))

    def _executing(self) -> list[sqlite3.Row]:
        if not self.database.exists():
            return []
        with reading(self.database) as connection:
            return connection.execute("SELECT id, owner FROM runs WHERE status = ?", (EXECUTING,)).fetchall()


def run_lock(database: Path, run_id: str) -> Path:
    """The file beside a database that the process of a run has locked as long as it executes."""
    return database.parent / "runs" / run_id / ".lock"


def _abandoned(owner: RunOwner | None) -> str:
    return f"stepsmith{f', process {owner.pid},' if owner else ''} was ended in the middle of it"


def _run(row: sqlite3.Row, steps: list[sqlite3.Row] | None, *, is_gone: bool) -> RunRecord:
    owner = RunOwner.read(row["owner"])
    status, reason = row["status"], row["reason"]
    if is_gone:
        status, reason = STOPPED, _abandoned(owner)
    begun = tuple(_step(step, reason if is_gone else None) for step in steps or ())
    names = {step.name for step in begun}
    declared = [step["Name"] for step in json.loads(row["definition"])["Steps"]] if steps is not None else []
    waiting = tuple(StepRecord(name, NOT_RUN) for name in declared if name not in names)
    return RunRecord(
        row["id"],
        row["pipeline"],
        status,
        row["started"],
        row["ended"],
        json.loads(row["parameters"]),
        owner,
        reason,
        (*begun, *waiting),
    )


def _step(row: sqlite3.Row, gone: str | None) -> StepRecord:
    is_gone = row["status"] == EXECUTING and gone is not None
    status, reason = (STOPPED, gone) if is_gone else (row["status"], row["reason"])
    return StepRecord(row["name"], status, reason, row["started"], row["ended"], row["bytes_in"], row["bytes_out"])


RULES = (
    Rule(
        "RUN070",
        "A run that cannot be identified",
        "A run is named by its ID or by the start of it. No run, or more than one, matches.",
        About.RUN,
        "Use more characters of the ID. `stepsmith runs` lists the runs.",
    ),
)
