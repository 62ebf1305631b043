"""Checks of a definition that need no network: each file holds one, each returns findings and raises nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.definition.checks.arguments import check_arguments
from stepsmith.definition.checks.conditions import check_conditions
from stepsmith.definition.checks.limits import check_limits, check_size
from stepsmith.definition.checks.names import check_names
from stepsmith.definition.checks.properties import check_properties
from stepsmith.definition.checks.references import check_references
from stepsmith.definition.checks.secrets import check_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepsmith.definition.model import PipelineDefinition
    from stepsmith.diagnostics import Finding

    Check = Callable[[PipelineDefinition], list[Finding]]

# What any engine needs of a definition, this machine's too.
STRUCTURE: tuple[Check, ...] = (check_names, check_references, check_conditions)
# And what SageMaker takes besides, by its own model and its limits.
CHECKS: tuple[Check, ...] = (*STRUCTURE, check_arguments, check_properties, check_limits, check_secrets)


def check(
    definition: PipelineDefinition, checks: tuple[Check, ...] = CHECKS, *, size_bytes: int | None = None
) -> list[Finding]:
    """The findings of every check, in the order of the checks; also about the size of its JSON, if that is given."""
    found = [finding for one in checks for finding in one(definition)]
    return found if size_bytes is None else [*found, *check_size(size_bytes)]


def errors_in(
    definition: PipelineDefinition, checks: tuple[Check, ...] = CHECKS, *, size_bytes: int | None = None
) -> list[Finding]:
    """The findings that are errors: what would be refused, or fail."""
    return [finding for finding in check(definition, checks, size_bytes=size_bytes) if not finding.is_warning]
