"""What commands write where --output says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stepsmith.container.archive.atomic import atomic_file
from stepsmith.diagnostics import About, Rule, RunError

if TYPE_CHECKING:
    from pathlib import Path


def write_output(output: Path, content: bytes, *, made_of: Path) -> None:
    """Writes a file that is made of another, whole or not at all.

    Raises: click.UsageError when it would replace what it is made of; RunError when it cannot be written.
    """
    if output.exists() and output.samefile(made_of):
        raise click.UsageError(f"--output is the pipeline itself, {output}")
    try:
        with atomic_file(str(output)) as file:
            file.write(content)
    except OSError as error:
        message = f"{output} cannot be written: {error.strerror}"
        raise RunError("RUN009", message, fix="name another file with --output") from error


RULES = (
    Rule(
        "RUN009",
        "A file that cannot be read or written",
        "The operating system refused access to a file, or the disk is full.",
        About.RUN,
        "Check that the file or its folder exists, that you have permission, and that there is free disk space.",
    ),
)
