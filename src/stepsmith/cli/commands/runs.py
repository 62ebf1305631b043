"""`stepsmith runs`: what has run on this machine, and how it ended."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from stepsmith.cli.command_groups import ListingGroup
from stepsmith.cli.console.screen import format_size, print_facts, print_json, print_line, print_table, print_wrapped
from stepsmith.cli.options import json_option, store_option
from stepsmith.cli.stores import no_store_message, open_store
from stepsmith.local.history import RunHistory

if TYPE_CHECKING:
    from pathlib import Path

    from stepsmith.local.history import RunRecord, StepRecord
    from stepsmith.local.store import Store

_SECONDS_OF_A_TIME = 19
_REASON_INDENT = 4


@click.group("runs", cls=ListingGroup, meant=("show a run", "show"))
@store_option
@json_option
@click.pass_context
def command(context: click.Context, store: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """List the runs on this machine, the latest first, and show one.

    Alone it lists them.

    \b
    Example: stepsmith runs show
    """
    if context.invoked_subcommand is None:
        _list(store, as_json=as_json)


@command.command("list")
@store_option
@json_option
def list_runs(store: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """List the runs on this machine, the latest first.

    \b
    Example: stepsmith runs list --json
    """
    _list(store, as_json=as_json)


@command.command("show")
@click.argument("run_id", metavar="[RUN]", required=False)
@store_option
@json_option
def show(run_id: str | None, store: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Show a RUN, by its id or the beginning of it, or the latest.

    \b
    Example: stepsmith runs show qp1y
    """
    run_store = open_store(store)
    history = RunHistory(run_store.database)
    if run_id is None:
        latest = history.runs()[:1]
        if not latest:
            print_json(None) if as_json else print_line(no_store_message(run_store, "runs"))
            return
        run_id = latest[0].id
    run = history.run(run_id)
    if as_json:
        print_json(_document(run, run_store))
    else:
        _print(run, run_store)


def _list(store: Path | None, *, as_json: bool) -> None:
    run_store = open_store(store)
    runs = RunHistory(run_store.database).runs()
    if as_json:
        print_json([_facts_of(run) for run in runs])
    elif runs:
        print_table([_row(run) for run in runs], folds="pipeline")
    else:
        print_line(no_store_message(run_store, "runs"))


def _row(run: RunRecord) -> dict[str, str]:
    return {
        "run": run.id,
        "pipeline": run.pipeline,
        "status": run.status,
        "started": f"{run.started[:_SECONDS_OF_A_TIME]}Z",
        "seconds": _seconds(run),
    }


def _facts_of(run: RunRecord) -> dict[str, Any]:
    """A run as a document, its steps left out."""
    owner, seconds = run.owner, _seconds(run)
    return {
        "id": run.id,
        "pipeline": run.pipeline,
        "status": run.status,
        "reason": run.reason,
        "started": run.started,
        "ended": run.ended,
        "seconds": float(seconds) if seconds else None,
        "parameters": dict(run.parameters),
        "owner": {"pid": owner.pid} if owner else None,
    }


def _document(run: RunRecord, store: Store) -> dict[str, Any]:
    return {
        **_facts_of(run),
        "store": str(store.root),
        "steps": [{**asdict(step), "log": _log(run, step, store)} for step in run.steps],
    }


def _print(run: RunRecord, store: Store) -> None:
    parameters = ", ".join(f"{name}={value}" for name, value in run.parameters.items())
    print_facts(
        {
            "run": run.id,
            "pipeline": run.pipeline,
            "status": run.status,
            "reason": run.reason or "",
            "started": run.started,
            "ended": run.ended or "",
            "seconds": _seconds(run),
            "parameters": parameters,
            "logs": store.run_folder(run.id),
        }
    )
    if run.steps:
        print_line("")
        print_table([_step_row(step) for step in run.steps], folds="step")
    for step in run.steps:
        if step.reason:
            print_line("")
            print_wrapped(f"{step.name}: {step.reason}", indent=_REASON_INDENT)


def _step_row(step: StepRecord) -> dict[str, str]:
    return {
        "step": step.name,
        "status": step.status,
        "seconds": _seconds(step),
        "in": "" if step.bytes_in is None else format_size(step.bytes_in),
        "out": "" if step.bytes_out is None else format_size(step.bytes_out),
    }


def _log(run: RunRecord, step: StepRecord, store: Store) -> str | None:
    log = store.run_folder(run.id) / f"{step.name}.log"
    return str(log) if log.exists() else None


def _seconds(record: RunRecord | StepRecord) -> str:
    """How long it took; empty where it has not ended, or nobody saw it end."""
    if not (record.started and record.ended):
        return ""
    begun, ended = (datetime.fromisoformat(at.replace("Z", "+00:00")) for at in (record.started, record.ended))
    return f"{(ended - begun).total_seconds():.2f}"
