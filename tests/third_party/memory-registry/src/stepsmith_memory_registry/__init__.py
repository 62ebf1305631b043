"""A model registry for Stepsmith that forgets all when the program ends."""

from typing import Any


class MemoryRegistry:
    """The versions that this program registered."""

    def __init__(self) -> None:
        self.versions: list[dict[str, Any]] = []

    def packages(self, group: str | None = None) -> list[dict[str, Any]]:
        """The versions of a group, or all."""
        return [version for version in self.versions if group in (None, version["ModelPackageGroupName"])]
