"""`stepsmith graph`: the DAG of a pipeline as Mermaid or DOT, and as SVG if Graphviz is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click

from stepsmith.cli.console.screen import print_line
from stepsmith.cli.options import pipeline_argument
from stepsmith.cli.output_file import write_output
from stepsmith.diagnostics import About, Rule, RunError
from stepsmith.pipeline.graph import dot_of, drawing_of, mermaid_of
from stepsmith.pipeline.load import resolved_pipeline

_FORMATS = {
    **dict.fromkeys(("", ".mmd", ".mermaid", ".md", ".txt"), "mermaid"),
    **dict.fromkeys((".dot", ".gv"), "dot"),
    ".svg": "svg",
}


@click.command("graph")
@pipeline_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "dot", "svg"]),
    help="By the name of --output, or else mermaid. svg needs Graphviz.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write to this file instead.")
def command(pipeline: Path, form: str | None, output: Path | None) -> None:
    """Print a picture of a pipeline: its steps, and on the edges what one hands to the other.

    A dashed edge is there for the order alone; one that others imply, and that hands nothing on, is left out. Nothing
    but the pipeline's own file is read.

    \b
    Example: stepsmith graph pipeline.yaml -o pipeline.mmd
    """
    suffix = output.suffix.lower() if output else ""
    form = form or _FORMATS.get(suffix)
    if form is None:
        message = f"no picture is written as {suffix!r}; end --output with .svg, .dot or .mmd, or say --format"
        raise click.UsageError(message)
    drawing = drawing_of(resolved_pipeline(pipeline))
    text = mermaid_of(drawing) if form == "mermaid" else dot_of(drawing)
    if form == "svg":
        text = svg_of(text)
    if output is None:
        print_line(text.rstrip("\n"))
        return
    write_output(output, text.encode(), made_of=pipeline)


def svg_of(dot_text: str, timeout_seconds: float = 60) -> str:
    """The picture that Graphviz draws of a digraph.

    Raises: RunError if Graphviz is not installed, fails or takes too long.
    Source: https://graphviz.org/doc/info/command.html
    """
    graphviz = shutil.which("dot")
    if graphviz is None:
        fix = "install Graphviz, or use --format mermaid"
        raise RunError("RUN013", "an SVG needs Graphviz, and its program `dot` is not installed", fix=fix)
    try:
        process = subprocess.run(
            [graphviz, "-Tsvg"],
            input=dot_text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_seconds,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        output_lines = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        fix = "check that `dot -V` works, or use --format mermaid"
        raise RunError("RUN013", f"Graphviz failed: {output_lines[-1]}", fix=fix) from error
    return process.stdout


RULES = (
    Rule(
        "RUN013",
        "Graphviz is missing or failed",
        "Stepsmith writes the graph as Mermaid or DOT. Only Graphviz can turn DOT into an SVG.",
        About.RUN,
        "Install Graphviz (https://graphviz.org/download/), so that `dot` is on the PATH. Or use "
        "`stepsmith graph --format mermaid`, which GitHub and many editors render.",
    ),
)
