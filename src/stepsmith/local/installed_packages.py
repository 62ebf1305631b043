"""The packages that scripts import beyond the standard library, looked for before the first step runs."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

from stepsmith.definition.assets import RemoteSource
from stepsmith.diagnostics import About, Faults, Rule, RunError
from stepsmith.sagemaker.identifiers import bucket_and_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepsmith.definition.assets import Asset
    from stepsmith.definition.model import Step
    from stepsmith.local.object_store import ObjectStore
    from stepsmith.local.reference_values import ReferenceValues


def check_packages(assets: Sequence[Asset]) -> None:
    """Raises: RunError when a script needs a package, whatever it reads, that this Python does not have."""
    faults = Faults()
    for package in sorted({name for asset in assets for name in asset.requirements}):
        if not _is_installed(package):
            faults.add(_missing(package, "a step's script needs it"))
    faults.raise_if_any()


def check_packages_for_inputs(
    steps: Sequence[Step], assets: Sequence[Asset], values: ReferenceValues, objects: ObjectStore
) -> None:
    """Raises: RunError when a step will read objects for which its script needs a package that this Python lacks.

    Looked at are the inputs whose place is known before any step has run, of assets those that are yet to be put there.
    """
    names_by_uri = {asset.uri: [item.name for item in asset.objects] for asset in assets}
    needs = {asset.uri: asset.requirements_by_suffix for asset in assets if asset.requirements_by_suffix}
    faults = Faults()
    for step in steps:
        input_uris = list(_known_input_uris(step, values))
        for suffix, package in (need for uri in input_uris for need in needs.get(uri, ())):
            other_uris = [uri for uri in input_uris if uri not in needs]
            there = (name for uri in other_uris for name, _ in objects.matching(uri))
            names = (*(name for uri in other_uris for name in names_by_uri.get(uri, ())), *there)
            matching_name = next((name for name in names if name.lower().endswith(suffix)), None)
            if matching_name and not _is_installed(package):
                faults.add(_missing(package, f"step {step.name!r} needs it to read {matching_name}"))
    faults.raise_if_any()


def check_package_sources(assets: Sequence[Asset], objects: ObjectStore) -> None:
    """Raises: RunError when an asset is on S3 and nothing stands for it on this machine."""
    faults = Faults()
    for source in dict.fromkeys(item.source for asset in assets for item in asset.objects):
        if isinstance(source, RemoteSource) and not objects.has(source.uri):
            fix = f"in a run on this machine its place is {objects.path(source.uri)}; put it there"
            faults.add(RunError("RUN042", f"the model is not there: {source.uri}", fix=fix))
    faults.raise_if_any()


def _known_input_uris(step: Step, values: ReferenceValues) -> Iterator[str]:
    inputs = step.arguments.get("ProcessingInputs")
    for one in inputs if isinstance(inputs, list) else ():
        source: Any = one.get("S3Input") if isinstance(one, dict) else None
        try:
            uri = values.resolved(source.get("S3Uri")) if isinstance(source, dict) else None
        except RunError:
            continue  # a step that runs before says where it is
        if isinstance(uri, str) and bucket_and_key(uri):
            yield uri


def _is_installed(package: str) -> bool:
    try:
        metadata.distribution(package)
    except (metadata.PackageNotFoundError, ValueError):
        return False
    return True


def _missing(package: str, why: str) -> RunError:
    return RunError("RUN002", f"this Python does not have the package {package!r}: {why}", fix=f"pip install {package}")


RULES = (
    Rule(
        "RUN002",
        "A Python package that is not installed",
        "A local run uses this Python environment, and the step's script needs the package. The run is "
        "refused before any step starts.",
        About.RUN,
        "Install the package in this environment: `pip install PACKAGE`.",
    ),
    Rule(
        "RUN042",
        "An input that does not exist",
        "A local run does not connect to S3. An object that a pipeline names by its S3 URI must be in the "
        "local object store.",
        About.RUN,
        "Copy the file to the path that the message gives.",
    ),
)
