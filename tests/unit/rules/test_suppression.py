from __future__ import annotations

from pathlib import Path

import pytest

from stepsmith.diagnostics import Finding, Position
from stepsmith.rules.suppression import drop_ignored, filter_by_code, relative_positions


def finding(code="RES010", line=2, file="p.yaml"):
    return Finding(code, "wrong", position=Position(file, line, 3))


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The codes of what is left of findings in a file of this text."""
    monkeypatch.chdir(tmp_path)

    def call(text, *findings):
        path = Path("p.yaml")
        return [(one.code, one.at) for one in drop_ignored(findings, {path: text}, [path])]

    return call


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: 2 # stepsmith: ignore RES010 it is meant\n",
        "# stepsmith: ignore RES010: it is meant\n\n"[:-1] + "b: 2\n",
        "a: 1\nb: 2  #stepsmith:ignore RES011, RES010 - it is meant\n",
    ],
)
def test_a_comment_ignores_a_finding_on_its_line_or_alone_above(kept, text):
    left = kept(text, finding())
    assert ("RES010", "p.yaml:2:3") not in left
    assert {code for code, _ in left} <= {"CHK002"}  # of the second code


def test_another_line_or_another_code_is_not_ignored(kept):
    text = "a: 1 # stepsmith: ignore RES010 it is meant\nb: 2\n"
    assert ("RES010", "p.yaml:2:3") in kept(text, finding())
    assert ("RES011", "p.yaml:1:3") in kept(text, finding("RES011", 1))


def test_a_comment_without_a_reason_ignores_nothing(kept):
    assert kept("a: 1\nb: 2 # stepsmith: ignore RES010\n", finding()) == [
        ("RES010", "p.yaml:2:3"),
        ("CHK001", "p.yaml:2:6"),
    ]


def test_a_comment_that_ignores_nothing_is_told(kept):
    assert kept("a: 1 # stepsmith: ignore RES010 it is meant\n") == [("CHK002", "p.yaml:1:6")]


def test_a_comment_for_a_retired_code_is_left_alone(kept):
    assert kept("a: 1 # stepsmith: ignore STP122, STP124 it is meant\n") == []


def test_a_finding_of_another_file_is_kept(kept):
    text = "a: 1\nb: 2 # stepsmith: ignore RES010 it is meant\n"
    assert ("RES010", "other.yaml:2:3") in kept(text, finding(file="other.yaml"))


@pytest.mark.parametrize(
    ("select", "ignore", "codes"),
    [
        ([], [], ["RES010", "DEF170"]),
        (["RES"], [], ["RES010"]),
        ([], ["DEF170"], ["RES010"]),
        (["RES", "DEF"], ["RES010"], ["DEF170"]),
        (["STP"], [], []),
    ],
)
def test_findings_are_chosen_by_code(select, ignore, codes):
    assert [one.code for one in filter_by_code([finding(), finding("DEF170")], select, ignore)] == codes


def test_the_files_of_a_pipeline_are_told_as_they_are_seen(tmp_path, monkeypatch):
    findings = [finding(), finding(file="shared.yaml"), Finding("YML001", "wrong", position=Position("p.yaml"))]
    monkeypatch.chdir(tmp_path)
    moved = relative_positions(findings, tmp_path / "sub")
    assert [one.at for one in moved] == ["sub/p.yaml:2:3", "sub/shared.yaml:2:3", "sub/p.yaml"]


@pytest.mark.parametrize(
    "text", ["b: 2 # stepsmith: ignore\n", "b: 2 # stepsmith: ignore RES meant\n", "# stepsmith: ignore res010 x\n"]
)
def test_a_comment_that_names_no_code_is_told(kept, text):
    assert [code for code, _ in kept(text)] == ["CHK003"]


def test_where_not_all_was_looked_at_no_comment_is_told_to_be_in_vain():
    texts = {Path("p.yaml"): "a: 1 # stepsmith: ignore RES010 it is meant\n"}
    assert drop_ignored([], texts, texts, is_complete=False) == []


def test_in_python_a_comment_is_no_text():
    texts = {Path("s.py"): "x = '# stepsmith: ignore STP113 fine'\ny = 1  # stepsmith: ignore STP113 fine\n"}
    found = drop_ignored([finding("STP113", 1, "s.py"), finding("STP113", 2, "s.py")], texts, texts)
    assert [(one.code, one.at) for one in found] == [("STP113", "s.py:1:3")]


def test_of_a_file_that_others_read_too_no_comment_is_told_to_be_in_vain():
    assert drop_ignored([], {Path("shared.yaml"): "a: 1 # stepsmith: ignore RES010 it is meant\n"}) == []


def test_in_yaml_a_text_in_quotes_is_no_comment(kept):
    assert kept('a: "see # stepsmith: ignore RES010 in docs"\n') == []
