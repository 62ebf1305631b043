"""Checks of a definition that need no network: each file holds one, each returns findings and raises nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.definition.checks.conditions import check_conditions
from stepsmith.definition.checks.names import check_names
from stepsmith.definition.checks.references import check_references
from stepsmith.definition.checks.secrets import check_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.errors import Finding

CHECKS: tuple[Callable[[PipelineDefinition], list[Finding]], ...] = (
    check_names,
    check_references,
    check_conditions,
    check_secrets,
)


def check(definition: PipelineDefinition) -> list[Finding]:
    """The findings of every check, in the order of the checks."""
    return [finding for one in CHECKS for finding in one(definition)]


def faults_of(definition: PipelineDefinition) -> list[Finding]:
    """The findings that are no warnings: what would be refused, or fail."""
    return [finding for finding in check(definition) if not finding.is_warning]
