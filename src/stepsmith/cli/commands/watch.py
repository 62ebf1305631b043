"""`stepsmith watch`: an execution, followed to its end."""

from __future__ import annotations

import click

from stepsmith.aws.executions import execution_arn
from stepsmith.cli.accounts import account_options
from stepsmith.cli.console.execution_progress import follow, watch_command
from stepsmith.cli.deployed_pipelines import deployed_argument, execution_argument, named_pipeline
from stepsmith.cli.options import json_option


@click.command("watch")
@deployed_argument
@execution_argument
@account_options
@json_option
def command(pipeline: str, execution: str | None, *, profile: str | None, region: str | None, as_json: bool) -> int:
    """Follow an EXECUTION of a PIPELINE, or its latest, until it has ended.

    Of a step that failed the reason is told, and the last lines of its log. Ctrl-C leaves the execution as it is. Exits
    with 0 when it succeeded, and else with 1.

    \b
    Example: stepsmith watch credit-risk
    """
    name, account = named_pipeline(pipeline, profile, region)
    arn = execution_arn(account, name, execution)
    again = watch_command(name, arn.rpartition("/")[2], account, profile)
    return follow(account, name, arn, as_json=as_json, again=again)
