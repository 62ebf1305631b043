"""`stepsmith compile`: a pipeline's definition on standard output."""

from __future__ import annotations

import json
from pathlib import Path

import click

from stepsmith.cli.console.screen import print_json
from stepsmith.cli.options import json_option, pipeline_argument
from stepsmith.cli.output_file import write_output
from stepsmith.definition.assets import RemoteSource
from stepsmith.pipeline.load import compiled_pipeline


@click.command("compile")
@pipeline_argument
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write to this file instead.")
@json_option
def command(pipeline: Path, output: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print the definition that SageMaker would be given. Writes and uploads nothing.

    With --json the document has the definition and the assets that it refers to.

    \b
    Example: stepsmith compile pipeline.yaml > definition.json
    """
    compiled = compiled_pipeline(pipeline)
    document = json.loads(compiled.definition)
    if as_json:
        assets = [
            {
                "uri": asset.object_uri(item),
                "sha256": item.digest,
                "size_bytes": item.size_bytes,
                **({"source": item.source.uri} if isinstance(item.source, RemoteSource) else {}),
            }
            for asset in compiled.assets
            for item in asset.objects
        ]
        document = {"name": compiled.name, "definition": document, "assets": assets}
    if output is None:
        print_json(document)
        return
    write_output(output, json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n", made_of=pipeline)
