"""Runs a RegisterModel step: registers a version in the local model registry, when what it points to is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.diagnostics import About, Rule, RunError
from stepsmith.local.database import now
from stepsmith.local.reference_values import StepResult
from stepsmith.local.request_reader import pointers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stepsmith.local.executors.executor import StepTask
    from stepsmith.local.model_registry import ModelRegistry
    from stepsmith.local.object_store import ObjectStore


def execute_registration(task: StepTask) -> StepResult:
    """Runs a RegisterModel step."""
    return run_registration(task.arguments, task.objects, task.models, task.run_id, task.log)


def run_registration(
    arguments: Mapping[str, Any], objects: ObjectStore, models: ModelRegistry, run_id: str, log: Path
) -> StepResult:
    """Registers a version from `arguments` of CreateModelPackage's shape; what later steps can read of it.

    Raises: RunError when an object that the version would point to is not there. DefinitionError when the arguments are
    not of that shape.
    """
    for member, uri, may_be_folder in pointers(arguments):
        if not (objects.has(uri) or (may_be_folder and objects.matching(uri))):
            message = f"{member} points to {uri}, and no object is there"
            raise RunError("RUN050", message, fix=f"in a run on this machine its place is {objects.path(uri)}")
    registered = models.register(arguments, run_id)
    log.write_text(f"{now()} INFO registered {registered['ModelPackageArn']}\n", encoding="utf-8")
    return StepResult(registered)


RULES = (
    Rule(
        "RUN050",
        "A model version that points to a missing object",
        "The version would be registered with a model or metadata file that does not exist, and could not be deployed.",
        About.RUN,
        "Correct the URI, or copy the object to the path that the message gives.",
    ),
)
