"""Checks of a definition that need no network: each file holds one, each returns findings and raises nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.definition.checks.names import check_names
from stepsmith.definition.checks.references import check_references

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.errors import Finding

CHECKS: tuple[Callable[[PipelineDefinition], list[Finding]], ...] = (check_names, check_references)


def check(definition: PipelineDefinition) -> list[Finding]:
    """The findings of every check, in the order of the checks."""
    return [finding for one in CHECKS for finding in one(definition)]
