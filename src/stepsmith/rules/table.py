"""Every rule, by its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.rules.ignoring import RULES as IGNORING
from stepsmith.rules.pipeline import by_keyword, image_region, inference_code, rivals, unpinned_model, unused_outputs
from stepsmith.rules.presented import alignment, building, definition, reading
from stepsmith.rules.rule import About
from stepsmith.rules.step import (
    extractall,
    missing_field,
    names,
    network,
    pickles,
    pip,
    processes,
    sources,
    syntax,
    types,
    undeclared_import,
    undeclared_path,
    undeclared_variable,
    unfillable,
    unread_port,
    unread_variable,
    unused_field,
    unused_requirement,
)

if TYPE_CHECKING:
    from stepsmith.rules.rule import Rule

_FILES = (
    by_keyword, image_region, inference_code, rivals, unpinned_model, unused_outputs,
    extractall, missing_field, names, network, pickles, pip, processes, sources, syntax, types, undeclared_import,
    undeclared_path, undeclared_variable, unfillable, unread_port, unread_variable, unused_field, unused_requirement,
)  # fmt: skip
_TABLES = (alignment.RULES, building.RULES, definition.RULES, reading.RULES, IGNORING)

RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in sorted(
        [*(file.RULE for file in _FILES), *(rule for table in _TABLES for rule in table)], key=lambda rule: rule.code
    )
}


def of_pipelines() -> list[Rule]:
    """The rules that are checked on a pipeline."""
    return [rule for rule in RULES.values() if rule.about is About.PIPELINE and rule.check]
