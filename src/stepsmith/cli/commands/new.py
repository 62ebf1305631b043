"""`stepsmith new`: a step or a pipeline to start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stepsmith.cli.console.screen import print_line
from stepsmith.diagnostics import relative_to_cwd
from stepsmith.scaffold import new_pipeline, new_step

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

into_option: Callable[[Any], Any] = click.option(
    "--into", type=click.Path(path_type=Path), help="The folder to make; else one named by it, here."
)


@click.group("new")
def command() -> None:
    """Make a step or a pipeline to start from, which passes `check`, runs, and has a passing test.

    \b
    Example: stepsmith new pipeline credit-risk
    """


@command.command("step")
@click.argument("name")
@into_option
def step(name: str, into: Path | None) -> None:
    """Make the package of a step: its four layers, a script, a pipeline that tries it, and tests.

    \b
    Example: stepsmith new step ModelCard
    """
    _print_created(new_step(name, into))


@command.command("pipeline")
@click.argument("name")
@into_option
def pipeline(name: str, into: Path | None) -> None:
    """Make a pipeline that carries a model to the registry, with a small model to try it on, and a test.

    \b
    Example: stepsmith new pipeline credit-risk
    """
    _print_created(new_pipeline(name, into))


def _print_created(folder: Path) -> None:
    shown = relative_to_cwd(folder.resolve())
    print_line(f"made {shown}")
    print_line(f"  next: cd {shown}; stepsmith check pipeline.yaml; stepsmith run pipeline.yaml; python -m pytest")
