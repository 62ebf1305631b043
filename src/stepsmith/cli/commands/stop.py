"""`stepsmith stop`: an execution that is to end now."""

from __future__ import annotations

import click

from stepsmith.aws.executions import execution_arn, stop
from stepsmith.cli.accounts import account_options
from stepsmith.cli.console.screen import print_json, print_line
from stepsmith.cli.deployed_pipelines import deployed_argument, execution_argument, execution_document, named_pipeline
from stepsmith.cli.options import json_option


@click.command("stop")
@deployed_argument
@execution_argument
@account_options
@json_option
def command(pipeline: str, execution: str | None, *, profile: str | None, region: str | None, as_json: bool) -> None:
    """Stop an EXECUTION of a PIPELINE, or its latest.

    \b
    Example: stepsmith stop credit-risk
    """
    name, account = named_pipeline(pipeline, profile, region)
    stopped = stop(account, execution_arn(account, name, execution))
    if as_json:
        print_json(execution_document(stopped, name))
    else:
        print_line(f"execution {stopped.id} of {name} is {stopped.status}")
