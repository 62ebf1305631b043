"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

pipeline_argument: Callable[[Any], Any] = click.argument(
    "pipeline", metavar="PIPELINE.yaml", type=click.Path(path_type=Path, readable=False)
)
json_option: Callable[[Any], Any] = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
store_option: Callable[[Any], Any] = click.option(
    "--store", type=click.Path(path_type=Path), help="The .stepsmith folder to use."
)
