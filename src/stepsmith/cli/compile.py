"""`stepsmith compile`: a pipeline's definition on standard output."""

from __future__ import annotations

import json
from pathlib import Path

import click

from stepsmith.cli.options import json_option, pipeline_argument
from stepsmith.cli.screen import say_json
from stepsmith.container.archive.whole import whole_file
from stepsmith.errors import RunError
from stepsmith.pipeline.document import load_pipeline


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
    compiled = load_pipeline(pipeline).compile()
    document = json.loads(compiled.definition)
    if as_json:
        assets = [
            {"uri": asset.object_uri(item), "sha256": item.digest, "size_bytes": item.size_bytes}
            for asset in compiled.assets
            for item in asset.objects
        ]
        document = {"name": compiled.name, "definition": document, "assets": assets}
    if output is None:
        say_json(document)
        return
    if output.exists() and output.samefile(pipeline):
        raise click.UsageError(f"--output is the pipeline itself, {output}")
    try:
        with whole_file(str(output)) as file:
            file.write(json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        what = f"{output} cannot be written: {error.strerror}"
        raise RunError("RUN009", what, fix="name another file with --output") from error
