"""A deploy as data: what is there already, and what is to be done, in the order in which it is done.

Whoever shows a plan and whoever applies it go through the same actions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from stepsmith.aws.deployment.options import DeployOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.aws.client import Identity
    from stepsmith.aws.deployment.options import Tags
    from stepsmith.aws.pipelines import DeployedPipeline
    from stepsmith.aws.s3.splice_parts import S3Model
    from stepsmith.definition.assets import AssetObject
    from stepsmith.definition.cache_impact import CacheLoss
    from stepsmith.definition.definition_diff import Difference
    from stepsmith.definition.json_diff import Change


@dataclass(frozen=True, slots=True)
class Present:
    """An object that is there already, by its URI, its digest and its size in bytes."""

    uri: str
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class UploadObject:
    """An object that is to be sent."""

    uri: str
    item: AssetObject
    size_bytes: int

    @property
    def digest(self) -> str:
        """Its SHA-256."""
        return self.item.digest


@dataclass(frozen=True, slots=True)
class CopyObject:
    """An object that is on S3, pinned as it was planned with, and is to be verified and copied there to its own key."""

    uri: str
    digest: str
    source: S3Model

    @property
    def size_bytes(self) -> int:
        """How many bytes it has."""
        return self.source.size_bytes


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """A model package group that is to be made."""

    name: str
    tags: Tags


@dataclass(frozen=True, slots=True)
class WritePipeline:
    """The pipeline, to be created or updated.

    `request` is what CreatePipeline or UpdatePipeline takes; `text` the definition, wherever the request has it.
    `before` is what was there; `difference` what the definition changes of it, None where that could not be read; and
    `settings` what changes beside the definition.
    """

    kind: Literal["create", "update"]
    name: str
    text: str
    request: Mapping[str, Any]
    before: DeployedPipeline | None = None
    difference: Difference | None = None
    settings: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class TagPipeline:
    """Tags that the pipeline lacks, or has with other values."""

    name: str
    arn: str
    tags: Tags


Action: TypeAlias = UploadObject | CopyObject | CreateGroup | WritePipeline | TagPipeline


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deploy would do, and for whom: `present` is there already, `actions` are to be done.

    `folders` are the S3 folders of all that the definition, `text`, refers to. `notes` say what a plan cannot know, or
    does not change.
    """

    identity: Identity
    name: str
    role: str
    text: str
    folders: tuple[str, ...] = ()
    present: tuple[Present, ...] = ()
    actions: tuple[Action, ...] = ()
    options: DeployOptions = field(default_factory=DeployOptions)
    before: DeployedPipeline | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is to be done."""
        return not self.actions

    @property
    def moved_bytes(self) -> int:
        """How many bytes are to be sent, or copied inside S3."""
        return sum(action.size_bytes for action in self.actions if isinstance(action, UploadObject | CopyObject))

    @property
    def writing(self) -> WritePipeline | None:
        """The action that writes the pipeline, if there is one."""
        return next((action for action in self.actions if isinstance(action, WritePipeline)), None)

    @property
    def loses_cache(self) -> tuple[CacheLoss, ...]:
        """The steps that lose their cache for certain."""
        difference = self.writing and self.writing.difference
        return difference.loses_cache if difference else ()

    @property
    def may_lose_cache(self) -> tuple[CacheLoss, ...]:
        """The steps that may lose it, by values that only an execution knows."""
        difference = self.writing and self.writing.difference
        return difference.may_lose_cache if difference else ()
