"""`stepsmith schema`: the JSON schema of pipeline.yaml."""

from __future__ import annotations

from pathlib import Path

import click

from stepsmith.cli.console.screen import print_json
from stepsmith.pipeline.load import registry_of
from stepsmith.pipeline.schema import pipeline_schema
from stepsmith.registry import RegistryManager


@click.command("schema")
@click.argument("pipeline", metavar="[PIPELINE.yaml]", type=click.Path(path_type=Path, readable=False), required=False)
def command(pipeline: Path | None) -> None:
    """Print the JSON schema of pipeline.yaml, with the steps that are installed.

    With a PIPELINE.yaml also with the steps of its `packages`. An editor completes and checks by it. Where its YAML
    support is yaml-language-server, the first line of the pipeline names it:
    # yaml-language-server: $schema=pipeline.schema.json

    \b
    Example: stepsmith schema > pipeline.schema.json
    """
    print_json(pipeline_schema(registry_of(pipeline) if pipeline else RegistryManager()))
