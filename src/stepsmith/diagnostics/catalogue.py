"""The catalogue of codes: every rule of the project, collected from the modules that define them.

The modules are imported by name and only when their rules are needed. This room is the lowest and may not import the
others, and few commands need the facts of a code.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

from stepsmith.diagnostics.installed_rules import OWN_PREFIXES, installed_rules
from stepsmith.diagnostics.rule import RetiredRule, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator


# The modules that define rules, below `stepsmith`. A look-up imports them in this order until it finds the code, so
# those that import boto3 are last.
MODULES = (
    "rules.pipeline.keyword_match", "rules.pipeline.image_region", "rules.pipeline.inference_code",
    "rules.pipeline.shadowed_source", "rules.pipeline.unpinned_model", "rules.pipeline.unused_outputs",
    "rules.step.missing_field", "rules.step.names", "rules.step.network", "rules.step.sources", "rules.step.syntax",
    "rules.step.types", "rules.step.undeclared_import", "rules.step.undeclared_path",
    "rules.step.undeclared_variable", "rules.step.unfillable", "rules.step.unread_port", "rules.step.unread_variable",
    "rules.step.unused_field", "rules.step.unused_requirement",
    "rules.suppression", "diagnostics.installed_rules",
    "pipeline.yaml_text", "pipeline.include", "pipeline.declare", "pipeline.variables", "pipeline.dag",
    "pipeline.pipeline",
    "registry",
    "describe.alignment",
    "build.dependencies", "build.builder", "build.declaration", "build.processing_request", "build.processing",
    "build.staging",
    "resolve.resolver",
    "step.model_base",
    "steps.dummy_training.step", "steps.dummy_training.model", "steps.model_packaging.step",
    "steps.tabular_preprocessing.step",
    "definition.references", "definition.parameters", "definition.strict_json", "definition.parse",
    "definition.json_reader", "definition.emit", "definition.archive_rules", "definition.assets",
    "definition.checks.names", "definition.checks.references", "definition.checks.conditions",
    "definition.checks.arguments", "definition.checks.properties", "definition.checks.secrets",
    "definition.checks.limits",
    "sagemaker.images", "sagemaker.service_model", "model_registry.approval", "model_registry.installed",
    "scaffold.templates",
    "local.preflight", "local.database", "local.engine", "local.history", "local.model_registry",
    "local.object_store", "local.executors.processing", "local.executors.registration", "local.request_reader",
    "local.installed_packages", "local.store", "local.reference_values", "local.sandbox.selection",
    "local.sandbox.launcher",
    "cli.definition_files", "cli.commands.explain", "cli.commands.graph", "cli.commands.models", "cli.output_file",
    "cli.stores",
    "sdk.installed", "sdk.step", "sdk.upload",
    "aws.deployment.apply", "aws.pipelines", "aws.executions", "aws.errors", "aws.s3.splice_parts",
    "aws.deployment.options", "aws.s3.packaging", "aws.deployment.planner", "aws.s3.objects", "aws.s3.splice_plan",
    "aws.s3.integrity",
)  # fmt: skip

# Codes of earlier versions. They are never reused, `--select` and `--ignore` still take them, and a comment that
# ignores one is not a finding. Source: https://docs.astral.sh/ruff/rules/#flake8-bandit-s
RETIRED = {
    rule.code: rule
    for rule in (
        RetiredRule("STP121", "An undeclared use of other programs", ("S404", "S602", "S603", "S605", "S606", "S607")),
        RetiredRule("STP122", "A script that installs packages", ("S602", "S603", "S605", "S607")),
        RetiredRule("STP123", "An archive that is extracted without a filter", ("S202",)),
        RetiredRule("STP124", "A pickle that is loaded", ("S301", "S403")),
    )
}


def rules_in(room: str) -> Iterator[Rule]:
    """The rules that the modules of a room define: `rules.step`, or "" for all. Imports each module when it is reached.

    >>> next(rules_in("definition.archive_rules")).code
    'ARC001'
    """
    for module in MODULES:
        if f"{module}.".startswith(f"{room}." if room else ""):
            yield from _rules_of(module)


def rule_of(code: str) -> Rule | None:
    """The rule of a code, one of another package included; None if no rule has the code."""
    if code[:3] not in OWN_PREFIXES:
        _, rule = installed_rules().rules.get(code, (None, None))
        return rule
    return next((rule for rule in rules_in("") if rule.code == code), None)


def is_prefix(code: str) -> bool:
    """Whether any code begins with `code`, retired ones and those of other packages included."""
    codes = chain(RETIRED, installed_rules().rules, (rule.code for rule in rules_in("")))
    return any(known.startswith(code) for known in codes)


@cache
def rules() -> dict[str, Rule]:
    """All rules of Stepsmith by their codes, sorted."""
    return {rule.code: rule for rule in sorted(rules_in(""), key=lambda rule: rule.code)}


def known_codes() -> list[str]:
    """The codes of all rules, those of other packages included, sorted."""
    return sorted((*rules(), *installed_rules().rules))


@cache
def _rules_of(module: str) -> tuple[Rule, ...]:
    namespace = import_module(f"stepsmith.{module}")
    return getattr(namespace, "RULES", None) or (namespace.RULE,)
