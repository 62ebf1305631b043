"""`stepsmith schema`: the JSON schema of pipeline.yaml."""

from __future__ import annotations

import click

from stepsmith.cli.screen import say_json
from stepsmith.pipeline.schema import pipeline_schema
from stepsmith.registry import RegistryManager


@click.command("schema")
def command() -> None:
    """Print the JSON schema of pipeline.yaml, with the steps that are installed.

    An editor completes and checks by it. Where its YAML support is yaml-language-server, the first line of the pipeline
    names it: # yaml-language-server: $schema=pipeline.schema.json

    \b
    Example: stepsmith schema > pipeline.schema.json
    """
    say_json(pipeline_schema(RegistryManager()))
