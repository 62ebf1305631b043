"""The history of runs: each run and each of its steps, with status, reason and times."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.local.database import now, transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The service's own words for the states of an execution and of a step.
EXECUTING, SUCCEEDED, FAILED, STOPPED = "Executing", "Succeeded", "Failed", "Stopped"


@dataclass(frozen=True, slots=True)
class RunHistory:
    """The runs in a database."""

    database: Path

    def begin(self, run_id: str, pipeline: str, definition: str, parameters: Mapping[str, Any]) -> None:
        """Records that a run has begun."""
        row = (run_id, pipeline, EXECUTING, definition, json.dumps(parameters), now(), None)
        with transaction(self.database) as connection:
            connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def begin_step(self, run_id: str, step: str) -> None:
        """Records that a step has begun."""
        with transaction(self.database) as connection:
            row = (run_id, step, EXECUTING, None, now(), None)
            connection.execute("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?)", row)

    def end_step(self, run_id: str, step: str, status: str, reason: str | None = None) -> None:
        """Records how a step ended."""
        with transaction(self.database) as connection:
            query = "UPDATE steps SET status = ?, reason = ?, ended = ? WHERE run = ? AND name = ?"
            connection.execute(query, (status, reason, now(), run_id, step))

    def end(self, run_id: str, status: str) -> None:
        """Records how a run ended."""
        with transaction(self.database) as connection:
            connection.execute("UPDATE runs SET status = ?, ended = ? WHERE id = ?", (status, now(), run_id))
