"""What the steps of a definition reach for: objects on S3 that they read and write, images, and keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stepsmith.definition.model import Step, all_steps
from stepsmith.definition.references import Get, Join, display_text, parameter_of, step_of, walk
from stepsmith.sagemaker.identifiers import bucket_and_key
from stepsmith.sagemaker.step_types import ROLE, written_members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.definition.assets import Compiled
    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.diagnostics.finding import Path

_IMAGES = ("ImageUri", "Image", "TrainingImage", "MonitoringImageUri", "RecordPreprocessorSourceUri")
_KEYS = ("KmsKeyId", "VolumeKmsKeyId", "OutputKmsKeyId")
_READ_MEMBERS = ("S3Uri", "ModelDataUrl")
_S3_MEMBERS = ("S3Uri", "S3OutputPath", "ModelDataUrl", "SamplePayloadUrl", "S3OutputLocation")


@dataclass
class ResourceAccess:
    """Patterns of objects (`bucket/key*`) that are read and written, URIs of images, and keys of KMS.

    `objects` are the S3 URIs that inputs and models are read from, as far as they are known to their end, and whether
    each is written itself or is the default of a parameter; `roles` are the ARNs of roles that jobs are given.
    `in_vpc` is whether any job runs in a VPC. `open_ends` says what only an execution knows.
    """

    objects: dict[str, bool] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    in_vpc: bool = False
    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    open_ends: list[str] = field(default_factory=list)


def resource_access_of(definition: PipelineDefinition, location: str = "") -> ResourceAccess:
    """What the steps of a definition reach for.

    All that is below `location`, the pipeline's own folder on S3, is one pattern: its folders change with each deploy.
    A parameter stands for its default.
    """
    defaults = {parameter.name: parameter.default for parameter in definition.parameters}
    collector = _Collector(defaults, location)
    for step in all_steps(definition.steps):
        for path, value in walk(step.own_arguments, enters_references=False):
            collector.add(path, value, step)
    return collector.access


def external_inputs(access: ResourceAccess, compiled: Compiled) -> list[str]:
    """The S3 URIs that a pipeline reads and that are neither its assets nor written by itself."""
    own_outputs = (f"s3://{pattern.rstrip('*')}" for pattern in access.writes)
    own = (*own_outputs, *(asset.uri for asset in compiled.assets))
    return [uri for uri in access.objects if not uri.startswith(own)]


class _Collector:
    """Adds what each value of a step's arguments gives access to."""

    def __init__(self, defaults: Mapping[str, Any], location: str) -> None:
        self._defaults = defaults
        self._written_members = written_members()
        folder = bucket_and_key(location)
        self._own = f"{folder[0]}/{folder[1].rstrip('/')}".rstrip("/") + "/" if folder else None
        self.access = ResourceAccess()

    def add(self, path: Path, value: Any, step: Step) -> None:
        """`value` is at `path` in the arguments of `step`."""
        self.access.in_vpc = self.access.in_vpc or "VpcConfig" in path
        members = [part for part in path if isinstance(part, str)]
        is_written = not self._written_members.isdisjoint(members)
        self._leaf(value, step, members[-1] if members else "", is_written=is_written)

    def _leaf(self, value: Any, step: Step, member: str, *, is_written: bool) -> None:
        text, is_complete = self._beginning(value)
        if text.startswith("s3://"):
            if not is_complete and "/" not in text.removeprefix("s3://"):
                self.access.open_ends.append(
                    f"{step.name}: {member} begins with {text}: allow the buckets that it may be"
                )
                return
            if is_written:
                self.access.writes.add(self._pattern(text, is_own_folder=False))
            else:
                self.access.reads.add(self._pattern(text, is_own_folder=True))
            if is_complete and not is_written and member in _READ_MEMBERS:
                self.access.objects[text] = self.access.objects.get(text, False) or isinstance(value, str)
        elif member == ROLE:
            self._role(text, value)
        elif member in _IMAGES and text:
            self.access.images.add(text)
        elif member in _KEYS and text:
            self.access.keys.add(text)
        elif not text and member in (*_S3_MEMBERS, *_IMAGES, *_KEYS) and not _is_of_step(value):
            self.access.open_ends.append(
                f"{step.name}: {member} is {display_text(value)}, which only an execution knows: add what it may be"
            )

    def _beginning(self, value: Any) -> tuple[str, bool]:
        """As much of the beginning of a value as is known, and whether it is all of it."""
        if isinstance(value, str):
            return value, True
        if isinstance(value, Get):
            default = self._defaults.get(parameter_of(value) or "")
            return (default, True) if isinstance(default, str) else ("", False)
        if isinstance(value, Join):
            parts: list[str] = []
            for part in value.values:
                text, is_complete = self._beginning(part)
                if not is_complete:
                    return value.on.join([*parts, text]), False
                parts.append(text)
            return value.on.join(parts), True
        return "", False

    def _role(self, text: str, value: Any) -> None:
        if text:
            self.access.roles.add(text)
        else:
            end = f"the role of jobs is {display_text(value)}, which only an execution knows: allow it to be passed"
            self.access.open_ends.append(end)

    def _pattern(self, uri: str, *, is_own_folder: bool) -> str:
        bucket, key = bucket_and_key(uri) or (uri.removeprefix("s3://").partition("/")[0], "")
        own = f"{bucket}/{key}"
        if is_own_folder and self._own and f"{own}/".startswith(self._own):
            return f"{self._own}*"
        return f"{own}*"


def _is_of_step(value: Any) -> bool:
    """Whether a value comes out of another step, which writes what it names."""
    if isinstance(value, Join):
        return any(_is_of_step(part) for part in value.values)
    return isinstance(value, Get) and step_of(value) is not None
