from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from stepsmith.diagnostics import About, Rule
from stepsmith.diagnostics.catalogue import rules
from stepsmith.diagnostics.installed_rules import OWN_PREFIXES, load_rules


def rule(code, about=About.PIPELINE, check=lambda _: iter(())):
    return Rule(code, "A title", "Why.", about, check=check)


@pytest.fixture
def load(monkeypatch):
    """Loads the entry points that lead to these objects; gives the codes, and what is wrong."""

    def call(**targets):
        for name, target in targets.items():
            monkeypatch.setitem(sys.modules, f"a_package_of_{name}", SimpleNamespace(TARGET=target))
        points = [EntryPoint(name, f"a_package_of_{name}:TARGET", "stepsmith.rules") for name in targets]
        loaded = load_rules(points)
        return sorted(loaded.rules), [str(finding) for finding in loaded.failures]

    return call


@pytest.mark.parametrize(
    "target",
    [
        rule("ACM001"),
        (rule("ACM001"),),
        [rule("ACM001")],
        SimpleNamespace(RULE=rule("ACM001")),
        SimpleNamespace(RULES=(rule("ACM001"),)),
    ],
    ids=["a rule", "a tuple", "a list", "a module of one", "a module of several"],
)
def test_an_entry_point_leads_to_rules_or_to_a_module_of_them(load, target):
    assert load(acme=target) == (["ACM001"], [])


@pytest.mark.parametrize(
    "target",
    [
        rule("acm1"),
        rule("DEF999"),
        rule("ACM001", about=About.AWS),
        rule("ACM001", check=None),
        (rule("ACM001"), "no rule"),
        SimpleNamespace(),
    ],
    ids=["no code", "our letters", "about something else", "no check", "no rule", "no rules"],
)
def test_what_is_no_rule_of_theirs_is_one_failure_that_names_the_package(load, target, snapshot):
    codes, (failure,) = load(acme=target, other=rule("OTH001"))
    assert codes == ["OTH001"]
    snapshot(failure)


def test_a_code_belongs_to_one_package(load):
    codes, (failure,) = load(acme=rule("ACM001"), other=(rule("OTH001"), rule("ACM001")))
    assert codes == ["ACM001"]
    assert "the rules of other" in failure
    assert "ACM001 is taken by acme" in failure


def test_the_letters_of_our_codes_are_those_of_our_rules():
    assert {code[:3] for code in rules()} == OWN_PREFIXES
