"""The rules that other packages bring, found by the entry point group `stepsmith.rules`.

An entry point leads to a rule, to several, or to a module that has them as `RULE` or `RULES`. If the rules of a package
cannot be loaded, or the check of one raises, it is one warning that names the package; everything else is checked.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, NamedTuple

from stepsmith.diagnostics.finding import Finding
from stepsmith.diagnostics.rule import About, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.metadata import EntryPoint

GROUP = "stepsmith.rules"
# The letters that the codes of Stepsmith itself begin with.
OWN_PREFIXES = frozenset(("ARC", "AWS", "CHK", "DAG", "DEF", "REG", "RES", "RUN", "SDK", "STP", "YML"))
_CODE = re.compile(r"[A-Z]{3}\d{3}")


class InstalledRules(NamedTuple):
    """The rules of other packages, each by its code with the package's name, and a finding for each failed package."""

    rules: dict[str, tuple[str, Rule]]
    failures: tuple[Finding, ...]


@cache
def installed_rules() -> InstalledRules:
    """The rules of all installed packages, loaded once."""
    return load_rules(entry_points(group=GROUP))


def load_rules(points: Iterable[EntryPoint]) -> InstalledRules:
    """The rules that these entry points lead to. A package is left out whole if one of its rules cannot be used."""
    loaded: dict[str, tuple[str, Rule]] = {}
    failures = []
    for point in sorted(points, key=lambda point: (_package_of(point), point.name)):
        package = _package_of(point)
        try:
            rules = _rules_at(point)
            for rule in rules:
                _refuse_unusable(rule, loaded)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - importing somebody's module may raise anything
            message = f"the rules of {package} cannot be loaded from {point.value}: {_reason(error)}"
            failures.append(RULE.finding(message, fix="repair or uninstall the package"))
        else:
            loaded |= {rule.code: (package, rule) for rule in rules}
    return InstalledRules(loaded, tuple(failures))


def check_installed(about: About, subject: Any) -> Iterator[Finding]:
    """What the rules of other packages find in a step or a pipeline, and which of these rules failed."""
    for package, rule in installed_rules().rules.values():
        if rule.about is about:
            yield from _findings_of(package, rule, subject)


def _findings_of(package: str, rule: Rule, subject: Any) -> list[Finding]:
    try:
        findings = list(rule.check(subject)) if rule.check else []
    except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody's code may raise anything
        message = f"the rule {rule.code} of {package} fails: {_reason(error)}"
        return [RULE.finding(message, fix="repair or uninstall the package")]
    if all(isinstance(finding, Finding) and finding.code == rule.code for finding in findings):
        return findings
    message = f"the rule {rule.code} of {package} yields something else than its own findings"
    return [RULE.finding(message, fix="repair or uninstall the package")]


def _rules_at(point: EntryPoint) -> tuple[Rule, ...]:
    target = point.load()
    if not isinstance(target, Rule | tuple | list):  # a module
        target = getattr(target, "RULES", None) or target.RULE
    rules = (target,) if isinstance(target, Rule) else tuple(target)
    if not all(isinstance(rule, Rule) for rule in rules):
        raise TypeError("an entry point leads to rules, or to a module that has them as RULES")
    return rules


def _refuse_unusable(rule: Rule, others: dict[str, tuple[str, Rule]]) -> None:
    if not _CODE.fullmatch(rule.code):
        raise ValueError(f"the code {rule.code!r} is not three capital letters and three digits")
    if rule.code[:3] in OWN_PREFIXES:
        raise ValueError(f"the codes that begin with {rule.code[:3]} are Stepsmith's own; choose other letters")
    if rule.code in others:
        raise ValueError(f"the code {rule.code} is taken by {others[rule.code][0]}")
    if rule.about not in (About.STEP, About.PIPELINE) or rule.check is None:
        raise ValueError(f"the rule {rule.code} has no check of a step or a pipeline")


def _package_of(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.name


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__


RULE = Rule(
    "CHK004",
    "A rule of another package that fails",
    "The package adds rules to `stepsmith check`, but they cannot be loaded, or a check of one raised an exception. "
    "What the rule is about was not checked.",
    About.RULE,
    "Upgrade or uninstall the package that the message names, or report the exception to its author.",
    is_warning=True,
)
