"""What commands say: lines that a closed pipe does not stop, and errors as text or as JSON."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from stepsmith.errors import StepsmithError


def say(text: str, *, err: bool = False) -> None:
    """Prints a line. Where the output is closed or full, this line and all later ones are dropped: a run goes on."""
    try:
        click.echo(text.encode("utf-8", "replace").decode("utf-8"), err=err)
    except UnicodeEncodeError:
        click.echo(text.encode("ascii", "backslashreplace").decode("ascii"), err=err)
    except OSError:
        stream = sys.stderr if err else sys.stdout
        # As Python's own documentation of SIGPIPE advises, so that nothing is flushed into it at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say_json(document: Any) -> None:
    """Prints one JSON document."""
    say(json.dumps(document, indent=2, ensure_ascii=False))


def error_as_json(error: StepsmithError) -> dict[str, Any]:
    """The JSON of an error: its findings."""
    return {"status": "Failed", "findings": [asdict(finding) for finding in error.findings]}
