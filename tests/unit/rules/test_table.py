"""Every rule's example: as it stands it is clean, and with the fault in its stead it has that fault and no other."""

from __future__ import annotations

import sys
from importlib.resources import files

import pytest

from stepsmith.definition.checks import check
from stepsmith.definition.parse import parse
from stepsmith.errors import StepsmithError
from stepsmith.registry import RegistryManager, table_at
from stepsmith.rules.checking import check_package, check_pipeline
from stepsmith.rules.rule import About
from stepsmith.rules.table import RULES
from stepsmith.scaffold import new_pipeline, new_step

RULE_OF_CODE = [pytest.param(rule, id=code) for code, rule in RULES.items()]
# A fault that makes another one: without a model nothing fills the input either, say.
WITH = {
    "STP101": {"STP127"}, "STP102": {"STP114"}, "STP103": {"STP114"}, "STP105": {"STP125"}, "STP122": {"STP121"},
    "STP127": {"STP125"}, "STP231": {"RES010"}, "RES011": {"RES010"}, "RES012": {"RES010"},
}  # fmt: skip


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The project that a rule's example stands in: its folder, and the findings of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)

    def make(about):
        if about is About.STEP:
            folder = new_step("ExampleStep", tmp_path / "example")
            return folder, lambda: step_findings(folder / "src" / "example_step")
        folder = new_pipeline("example", tmp_path / "example")
        if about is About.DEFINITION:
            text = files("stepsmith.rules") / "definition.json"
            (folder / "definition.json").write_text(text.read_text("utf-8"))
            return folder, lambda: definition_findings((folder / "definition.json").read_text())
        return folder, lambda: list(check_pipeline(folder / "pipeline.yaml", {}).findings)

    yield make
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "example_step":
            del sys.modules[name]


def step_findings(package):
    for name in [name for name in sys.modules if name.partition(".")[0] == "example_step"]:
        del sys.modules[name]
    try:
        table = table_at(package)
        (checked,) = check_package(RegistryManager(tables=[table]), table.steps)
    except StepsmithError as error:
        return list(error.findings)
    return list(checked.findings)


def definition_findings(text):
    try:
        return check(parse(text))
    except StepsmithError as error:
        return list(error.findings)


def replaced(path, good, bad):
    text = path.read_text()
    assert text.count(good) >= 1, f"{path.name} has no {good!r}"
    path.write_text(text.replace(good, bad, 1))


def told(findings):
    return [str(finding) for finding in findings]


@pytest.mark.parametrize("about", About)
def test_the_projects_of_the_examples_are_clean(project, about):
    assert told(project(about)[1]()) == []


@pytest.mark.parametrize("rule", RULE_OF_CODE)
def test_an_example_has_its_fault_and_no_other(project, rule):
    folder, found = project(rule.about)
    example = rule.example
    for file, good, bad in ((example.file, example.good, example.bad), *example.also):
        replaced(folder / file, good, bad)
    findings = found()
    assert rule.code in {finding.code for finding in findings}, told(findings)
    assert {finding.code for finding in findings} <= {rule.code, *WITH.get(rule.code, ())}, told(findings)
    (first, *_) = [finding for finding in findings if finding.code == rule.code]
    assert first.is_warning == rule.is_warning
    if rule.about is not About.DEFINITION:
        assert first.at.count(":") >= 2 or first.at == "", first.at


def test_the_codes_are_those_of_the_table():
    assert [rule.code for rule in RULES.values()] == sorted(RULES)
    assert all(rule.title and rule.why.endswith(".") for rule in RULES.values())
