"""`stepsmith retry`: an execution that did not succeed, gone on with."""

from __future__ import annotations

import click

from stepsmith.aws.executions import arn_of, retry
from stepsmith.cli.accounts import account_options
from stepsmith.cli.console.execution_progress import come_back, follow
from stepsmith.cli.console.screen import say, say_json
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
    begun = retry(account, arn_of(account, name, execution), parallelism)
    again = come_back(name, begun, account, profile)
    if waits:
        return follow(account, name, begun.arn, as_json=as_json, again=again)
    if as_json:
        say_json(execution_document(begun, name))
    else:
        say(f"execution {begun.id} of {name} is {begun.status}; to follow it: {again}")
    return 0
