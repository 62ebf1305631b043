"""`stepsmith policy`: the least that IAM has to allow, for a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stepsmith.aws.iam.policy import policies_of
from stepsmith.cli.accounts import account_id
from stepsmith.cli.console.screen import print_json, print_line
from stepsmith.cli.options import not_empty, pipeline_argument
from stepsmith.pipeline.load import compiled_pipeline

if TYPE_CHECKING:
    from pathlib import Path

ALL = "all"


@click.command("policy")
@pipeline_argument
@click.option(
    "--for",
    "whom",
    type=click.Choice([ALL, "deploy", "execution", "trust"]),
    default=ALL,
    show_default=True,
    help="deploy: whoever deploys and starts; execution: the role; trust: who may take the role.",
)
@click.option("--pipeline-name", "name", metavar="NAME", help="The name that it is deployed under, instead of its own.")
@click.option("--account", callback=account_id, metavar="ID", help="The account; else that of the role.")
@click.option("--region", metavar="NAME", help="The region; else the pipeline's.")
@click.option(
    "--role", callback=not_empty, metavar="ARN", help="The role of the pipeline and its steps, instead of its own."
)
@click.option("--kms-key", metavar="ARN", help="The key that uploads are encrypted by.")
@click.option("--tags", "has_tags", is_flag=True, help="It is deployed with --tag.")
def command(
    pipeline: Path,
    *,
    whom: str,
    name: str | None,
    account: str | None,
    region: str | None,
    role: str | None,
    kms_key: str | None,
    has_tags: bool,
) -> None:
    """Print the least that IAM has to allow for a pipeline, as JSON; no account is asked.

    What cannot be known from the definition is said beside it.

    \b
    Example: stepsmith policy pipeline.yaml --for execution > policy.json
    """
    policies = policies_of(
        compiled_pipeline(pipeline, role=role),
        name=name,
        account=account,
        region=region,
        role=role,
        kms_key=kms_key,
        has_tags=has_tags,
    )
    for end in policies.open_ends if whom != "trust" else ():
        print_line(f"note: {end}", err=True)
    documents = {"deploy": policies.deploy, "execution": policies.execution, "trust": policies.trust}
    print_json(documents if whom == ALL else documents[whom])
