"""What a model registry is: the one on this machine, SageMaker's, and those of other packages have the same methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A registered version: its description, as DescribeModelPackage shows it, and the run that registered it."""

    description: dict[str, Any]
    run: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovalDecision:
    """What a version's approval status became, when (UTC, ISO 8601), by whom, and why.

    The first one of a version is its registration: `before` and `reason` are None. `at` and `by` are None if the
    registry does not know.
    """

    group: str
    version: int
    at: str | None
    by: str | None
    before: str | None
    status: str
    reason: str | None


class ModelRegistry(Protocol):
    """Model packages in groups. Versions are described as DescribeModelPackage describes them, with times as text.

    Raises, in every method: ModelRegistryError if there is no such group or version.
    """

    @property
    def is_shared(self) -> bool:
        """Whether others write to it too."""
        ...

    @property
    def facts(self) -> Mapping[str, str]:
        """Which registry it is, such as `{"region": "eu-west-1"}`."""
        ...

    def packages(self, group: str | None = None) -> list[dict[str, Any]]:
        """The descriptions of the versions of a group, or of all groups, by group and version."""
        ...

    def package(self, group: str, version: int | None = None) -> ModelPackage:
        """A version of a group; the latest if none is named."""
        ...

    def decide(self, group: str, version: int, status: str, reason: str) -> ApprovalDecision:
        """Gives a version an approval status, and returns the decision."""
        ...

    def locate(self, uri: str) -> Path | str | None:
        """Where the object of an S3 URI is; None if the registry cannot reach it."""
        ...

    def digest(self, uri: str) -> str:
        """The SHA-256 of an object, which is read to its end."""
        ...
