"""The pages of all codes, and their examples: the good version has no findings, and the bad one only its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepsmith.diagnostics import About
from stepsmith.diagnostics.catalogue import RETIRED, rules
from stepsmith.rules.pages import index_of, page_of, retired_page_of, write_pages

DOCS = Path(__file__).parents[3] / "docs" / "rules"
RULE_OF_CODE = [pytest.param(rule, id=code) for code, rule in rules().items() if rule.example]
SUBJECTS = (About.STEP, About.PIPELINE, About.DEFINITION)
# Problems that cause another one: without a model, for example, nothing fills the input either.
WITH = {
    "STP101": {"STP127"}, "STP102": {"STP114"}, "STP103": {"STP114"}, "STP105": {"STP125"},
    "STP127": {"STP125"}, "STP231": {"RES010"}, "RES011": {"RES010"}, "RES012": {"RES010"},
    "STP128": {"STP118"},
}  # fmt: skip


def test_every_code_has_its_page_and_the_index_lists_all():
    written = {path.name: path.read_text() for path in DOCS.glob("*.md")}
    pages = {f"{code}.md": page_of(rule) for code, rule in rules().items()}
    pages |= {f"{code}.md": retired_page_of(rule) for code, rule in RETIRED.items()}
    assert written == {**pages, "README.md": index_of(rules().values())}, "make rule-pages"
    assert all(f"[{code}]({code}.md)" in written["README.md"] for code in (*rules(), *RETIRED))


def test_a_page_of_a_code_that_no_longer_exists_is_removed(tmp_path):
    (tmp_path / "STP000.md").write_text("old")
    write_pages(tmp_path)
    assert not (tmp_path / "STP000.md").exists()
    assert (tmp_path / "RES001.md").read_text() == page_of(rules()["RES001"])


def test_a_page_without_an_example_has_the_problem_and_the_fix():
    rule = rules()["ARC001"]
    assert page_of(rule) == (
        f"# ARC001: {rule.title}\n\nAn error about a model archive.\n\n"
        f"## Why\n\n{rule.why}\n\n## How to fix it\n\n{rule.fix}\n"
    )


def test_a_page_shows_the_problem_the_fix_and_both_versions_of_the_example():
    rule = rules()["STP230"]
    page = page_of(rule)
    assert page.startswith(f"# {rule.code}: {rule.title}\n")
    assert f"## How to fix it\n\n{rule.fix}\n" in page
    assert rule.example.bad in page.partition("## Good")[0]
    assert rule.example.good in page.partition("## Good")[2]
    assert f"# stepsmith: ignore {rule.code}" in page


@pytest.mark.parametrize("about", SUBJECTS)
def test_the_example_projects_have_no_findings(project, about):
    assert project(about)[1]() == []


@pytest.mark.parametrize("rule", RULE_OF_CODE)
def test_an_example_has_only_its_own_finding(snapshot, project, replaced, rule):
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
