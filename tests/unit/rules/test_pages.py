from __future__ import annotations

from pathlib import Path

from stepsmith.rules.pages import index_of, page_of, write_pages
from stepsmith.rules.table import RULES

DOCS = Path(__file__).parents[3] / "docs" / "rules"


def test_the_pages_are_those_of_the_rules():
    told = {path.name: path.read_text() for path in DOCS.glob("*.md")}
    pages = {f"{code}.md": page_of(rule) for code, rule in RULES.items()}
    assert told == {**pages, "README.md": index_of(RULES.values())}, "make rule-pages"


def test_a_page_of_a_rule_that_is_no_more_is_removed(tmp_path):
    (tmp_path / "STP000.md").write_text("old")
    write_pages(tmp_path)
    assert not (tmp_path / "STP000.md").exists()
    assert (tmp_path / "RES001.md").read_text() == page_of(RULES["RES001"])


def test_a_page_shows_the_fault_and_what_it_is_without():
    rule = RULES["STP230"]
    page = page_of(rule)
    assert page.startswith(f"# {rule.code}: {rule.title}\n")
    assert rule.example.bad in page.partition("## Good")[0]
    assert rule.example.good in page.partition("## Good")[2]
    assert f"# stepsmith: ignore {rule.code}" in page
