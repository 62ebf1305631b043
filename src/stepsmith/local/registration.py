"""Runs a RegisterModel step: registers a version in the local model registry, when what it points to is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.errors import RunError
from stepsmith.local.values import Finished

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stepsmith.local.models import ModelRegistry
    from stepsmith.local.objects import ObjectStore


def run_registration(request: Mapping[str, Any], objects: ObjectStore, models: ModelRegistry, run_id: str) -> Finished:
    """Registers a version from a `request` of CreateModelPackage's shape; what later steps can read of it.

    Raises: RunError when an object that the version would point to is not there.
    """
    for member, uri in _pointers(request):
        if not objects.has(uri):
            what = f"{member} points to {uri}, and no object is there"
            raise RunError("RUN050", what, fix=f"in a run on this machine its place is {objects.path(uri)}")
    return Finished(models.register(request, run_id))


def _pointers(request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for container in request.get("InferenceSpecification", {}).get("Containers", ()):
        if "ModelDataUrl" in container:
            yield "ModelDataUrl", container["ModelDataUrl"]
    if "SamplePayloadUrl" in request:
        yield "SamplePayloadUrl", request["SamplePayloadUrl"]
