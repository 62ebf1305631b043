"""The deployed pipeline that a command is about, and an execution of it."""

from __future__ import annotations

import re
from datetime import timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stepsmith.cli.accounts import open_account
from stepsmith.pipeline.load import load_pipeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stepsmith.aws.client import Account
    from stepsmith.aws.executions import Execution

_YAML = (".yaml", ".yml")
_ARN = re.compile(
    r"arn:aws[a-z-]*:sagemaker:(?P<region>[a-z0-9-]+):\d{12}:pipeline/(?P<name>[^/]+)(?P<execution>/execution/.+)?"
)

deployed_argument: Callable[[Any], Any] = click.argument("pipeline", metavar="PIPELINE")
execution_argument: Callable[[Any], Any] = click.argument("execution", metavar="[EXECUTION]", required=False)


def named_pipeline(name_or_path: str, profile: str | None, region: str | None) -> tuple[str, Account]:
    """The name of a deployed pipeline, and its account: it is named itself, or by the pipeline.yaml that it is made of.

    Raises: every fault for which that file cannot be read as a pipeline.
    """
    if not name_or_path.strip():
        raise click.UsageError("PIPELINE is empty; name a deployed pipeline, or its pipeline.yaml")
    arn = _ARN.fullmatch(name_or_path)
    if arn and arn["execution"]:
        raise click.UsageError(
            f"{name_or_path} is an execution; write the pipeline before it: {arn['name']} {name_or_path}"
        )
    if not name_or_path.endswith(_YAML):
        return (arn["name"] if arn else name_or_path), open_account(profile, region or (arn["region"] if arn else None))
    declared = load_pipeline(Path(name_or_path))
    own = declared.shared.get("region")
    return declared.name, open_account(profile, region or (own if isinstance(own, str) else None))


def execution_document(execution: Execution, pipeline: str) -> dict[str, Any]:
    """The JSON of an execution of a pipeline; its ARN has the pipeline's name in lower case."""
    return {
        "id": execution.id,
        "arn": execution.arn,
        "pipeline": pipeline,
        "status": execution.status,
        "reason": execution.reason or None,
        "began": iso_time(execution.began),
        "changed": iso_time(execution.changed),
    }


def iso_time(time: datetime | None) -> str | None:
    """A time as ISO 8601, in UTC and to the second."""
    if time is None:
        return None
    return time.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
