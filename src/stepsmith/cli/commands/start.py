"""`stepsmith start`: an execution of a deployed pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stepsmith.aws.executions import start
from stepsmith.aws.pipelines import require_pipeline
from stepsmith.cli.accounts import account_options
from stepsmith.cli.console.execution_progress import follow, watch_command
from stepsmith.cli.console.screen import print_json, print_line
from stepsmith.cli.deployed_pipelines import deployed_argument, execution_document, named_pipeline
from stepsmith.cli.options import json_option, parameter_option
from stepsmith.definition.parameters import typed_values
from stepsmith.definition.parse import parse

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("start")
@deployed_argument
@parameter_option
@click.option("--wait", "waits", is_flag=True, help="Follow it to its end; exit with 1 where it does not succeed.")
@click.option("--parallelism", type=click.IntRange(min=1), metavar="N", help="How many steps may run at once.")
@click.option("--step", "steps", multiple=True, metavar="NAME", help="Execute this step alone; repeatable.")
@click.option("--from", "source", metavar="EXECUTION", help="With --step: whose results the other steps have.")
@account_options
@json_option
def command(
    pipeline: str,
    *,
    given: dict[str, str],
    waits: bool,
    parallelism: int | None,
    steps: Sequence[str],
    source: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> int:
    """Start an execution of a PIPELINE: its name, or the pipeline.yaml that it was deployed from.

    Parameters are checked against the definition that is deployed. With --step, the named steps are executed alone,
    with the results that the others had in an earlier execution, the latest unless --from names one.

    \b
    Example: stepsmith start credit-risk -p Approval=Approved --wait
    """
    if source and not steps:
        raise click.UsageError("--from goes with --step; without, all steps are executed anew")
    name, account = named_pipeline(pipeline, profile, region)
    parameters = typed_values(parse(require_pipeline(account, name).text).parameters, given)
    execution = start(account, name, parameters, parallelism=parallelism, steps=steps, source=source)
    again = watch_command(name, execution, account, profile)
    if not waits:
        if as_json:
            print_json(execution_document(execution, name))
        else:
            print_line(f"started {execution.id} of {name}; to follow it: {again}")
        return 0
    if not as_json:
        print_line(f"started {execution.id} of {name}")
    return follow(account, name, execution.arn, as_json=as_json, again=again)
