"""`stepsmith graph`: the DAG of a pipeline as Mermaid, DOT or SVG."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from stepsmith.cli.console.screen import print_line
from stepsmith.cli.options import pipeline_argument
from stepsmith.cli.output_file import write_output
from stepsmith.pipeline.graph.drawing import drawing_of
from stepsmith.pipeline.load import resolved_pipeline

# The function that writes each form; its module has the form's name, and is imported when it is chosen.
FORMS = {"mermaid": "mermaid_of", "dot": "dot_of", "svg": "svg_of"}
_SUFFIXES = {".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg"}


@click.command("graph")
@pipeline_argument
@click.option("--format", "form", type=click.Choice(list(FORMS)), help="By the name of --output, or else mermaid.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write to this file instead.")
def command(pipeline: Path, form: str | None, output: Path | None) -> None:
    """Print a picture of a pipeline: its steps, and on the edges what one hands to the other.

    A dashed edge is there for the order alone; one that others imply, and that hands nothing on, is left out. Nothing
    but the pipeline's own file is read.

    \b
    Example: stepsmith graph pipeline.yaml -o pipeline.svg
    """
    ending = output.suffix.lower() if output else ""
    if form is None and ending not in (*_SUFFIXES, "", ".md", ".txt"):
        raise click.UsageError(
            f"no picture is written as {ending!r}; end --output with .svg, .dot or .mmd, or say --format"
        )
    chosen = form or _SUFFIXES.get(ending, "mermaid")
    written = getattr(import_module(f"stepsmith.pipeline.graph.{chosen}"), FORMS[chosen])
    text = written(drawing_of(resolved_pipeline(pipeline)))
    if output is None:
        print_line(text.rstrip("\n"))
        return
    write_output(output, text.encode(), made_of=pipeline)
