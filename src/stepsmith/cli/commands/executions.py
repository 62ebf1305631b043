"""`stepsmith executions`: what was started of a deployed pipeline."""

from __future__ import annotations

import click

from stepsmith.aws.executions import executions
from stepsmith.cli.accounts import account_options
from stepsmith.cli.console.screen import print_json, print_line, print_table
from stepsmith.cli.deployed_pipelines import deployed_argument, execution_document, iso_time, named_pipeline
from stepsmith.cli.options import json_option


@click.command("executions")
@deployed_argument
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@account_options
@json_option
def command(pipeline: str, *, limit: int, profile: str | None, region: str | None, as_json: bool) -> None:
    """List the executions of a PIPELINE, the newest first.

    \b
    Example: stepsmith executions credit-risk --limit 5
    """
    name, account = named_pipeline(pipeline, profile, region)
    recent = executions(account, name, limit)
    if as_json:
        print_json([execution_document(execution, name) for execution in recent])
    elif recent:
        rows = [
            {
                "execution": execution.id,
                "status": execution.status,
                "began": iso_time(execution.began) or "",
                "reason": execution.reason,
            }
            for execution in recent
        ]
        print_table(rows, folds="reason")
    else:
        print_line(f"the pipeline {name} was never started")
