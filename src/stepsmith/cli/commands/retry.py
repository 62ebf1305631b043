"""`stepsmith retry`: an execution that did not succeed, gone on with."""

from __future__ import annotations

import click

from stepsmith.aws.executions import execution_arn, retry
from stepsmith.cli.accounts import account_options
from stepsmith.cli.console.execution_progress import follow, watch_command
from stepsmith.cli.console.screen import print_json, print_line
from stepsmith.cli.deployed_pipelines import deployed_argument, execution_argument, execution_document, named_pipeline
from stepsmith.cli.options import json_option


@click.command("retry")
@deployed_argument
@execution_argument
@click.option("--wait", "waits", is_flag=True, help="Follow it to its end; exit with 1 where it does not succeed.")
@click.option("--parallelism", type=click.IntRange(min=1), metavar="N", help="How many steps may run at once.")
@account_options
@json_option
def command(
    pipeline: str,
    execution: str | None,
    *,
    waits: bool,
    parallelism: int | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> int:
    """Go on with an EXECUTION of a PIPELINE, or its latest, that failed or was stopped: what succeeded is kept.

    \b
    Example: stepsmith retry credit-risk --wait
    """
    name, account = named_pipeline(pipeline, profile, region)
    begun = retry(account, execution_arn(account, name, execution), parallelism)
    again = watch_command(name, begun, account, profile)
    if waits:
        return follow(account, name, begun.arn, as_json=as_json, again=again)
    if as_json:
        print_json(execution_document(begun, name))
    else:
        print_line(f"execution {begun.id} of {name} is {begun.status}; to follow it: {again}")
    return 0
