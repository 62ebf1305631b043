"""Every rule's example: as it stands it is clean, and with the fault in its stead it has that fault and no other."""

from __future__ import annotations

import pytest

from stepsmith.rules.rule import About
from stepsmith.rules.table import RULES

RULE_OF_CODE = [pytest.param(rule, id=code) for code, rule in RULES.items()]
# A fault that makes another one: without a model nothing fills the input either, say.
WITH = {
    "STP101": {"STP127"}, "STP102": {"STP114"}, "STP103": {"STP114"}, "STP105": {"STP125"}, "STP122": {"STP121"},
    "STP127": {"STP125"}, "STP231": {"RES010"}, "RES011": {"RES010"}, "RES012": {"RES010"},
    "STP128": {"STP118"},
}  # fmt: skip


@pytest.mark.parametrize("about", About)
def test_the_projects_of_the_examples_are_clean(project, about):
    assert project(about)[1]() == []


@pytest.mark.parametrize("rule", RULE_OF_CODE)
def test_an_example_has_its_fault_and_no_other(snapshot, project, replaced, rule):
    folder, found = project(rule.about)
    example = rule.example
    for file, good, bad in ((example.file, example.good, example.bad), *example.also):
        replaced(folder / file, good, bad)
    findings = found()
    assert {finding.code for finding in findings} <= {rule.code, *WITH.get(rule.code, ())}, findings
    (first, *_) = [finding for finding in findings if finding.code == rule.code]
    assert first.is_warning == rule.is_warning
    if rule.about is not About.DEFINITION:
        assert first.at.count(":") >= 2 or first.at == "", first.at
    for finding in findings:
        snapshot(finding)


def test_the_codes_are_those_of_the_table():
    assert [rule.code for rule in RULES.values()] == sorted(RULES)
    assert all(rule.title and rule.why.endswith(".") for rule in RULES.values())
