import json

import pytest

from stepsmith.diagnostics import (
    DagError,
    FaultsError,
    Finding,
    Position,
    Severity,
    Suggestion,
    finding_as_json,
    github_annotation,
    printable,
)

FINDINGS = {
    "no place": Finding("DEF001", "it is wrong"),
    "in the pipeline": Finding("DEF001", "it is wrong", ("steps", "a")),
    "in a file": Finding("DEF001", "it is wrong", position=Position("p.yaml", 3)),
    "all of it": Finding("DEF001", "it is wrong", ("steps", "a"), "right it", Position("p.yaml", 3, 4, "a: b")),
}


@pytest.mark.parametrize("finding", FINDINGS.values(), ids=FINDINGS)
def test_a_finding_tells_its_code_its_place_what_is_wrong_and_what_to_do(snapshot, finding):
    snapshot(finding)


def test_a_fault_that_is_found_twice_is_told_once(snapshot):
    error = FaultsError([DagError("DAG001", "one"), DagError("DAG001", "one"), DagError("DAG002", "two")])
    assert error.findings == (Finding("DAG001", "one"), Finding("DAG002", "two"))
    snapshot(error)


def test_a_fault_that_stands_at_several_places_is_told_once_with_all_of_them(snapshot):
    error = FaultsError([DagError("DAG001", "one", where=("steps", name), fix="right it") for name in "ab"])
    assert [finding.where for finding in error.findings] == ["steps.a", "steps.b"]
    snapshot(error)


HOSTILE = "a\x1b[31m\n::error::injected\r\x07\u202e\udcff%"


def hostile():
    return Finding("YML006", HOSTILE, (HOSTILE,), Suggestion(HOSTILE, (HOSTILE,)), Position(HOSTILE, 1, 2, HOSTILE))


def test_a_finding_has_no_lines_but_its_own_and_nothing_that_a_terminal_obeys():
    lines = str(hostile()).split("\n")
    assert [line[:6] for line in lines] == ["YML006", "  | a ", "  |  ^", "  fix:"]
    assert all(line.isprintable() for line in lines)


def test_an_annotation_is_one_line_whatever_the_finding_says():
    annotation = github_annotation(hostile())
    assert annotation.isprintable()
    assert annotation.startswith("::error file=a\\x1b[31m %3A%3Aerror%3A%3Ainjected")
    assert annotation.endswith("%25")


def test_an_annotation_names_its_place_and_says_what_to_do():
    finding = Finding("DEF170", "wrong, so", "a", "right it", Position("a,b.yaml", 3, 4), Severity.WARNING)
    assert github_annotation(finding) == (
        "::warning file=a%2Cb.yaml,line=3,col=4,title=DEF170::wrong, so; fix: right it"
    )
    assert github_annotation(Finding("DEF170", "wrong")) == "::error title=DEF170::wrong"


def test_a_finding_is_a_json_object_with_nothing_lost():
    document = finding_as_json(
        Finding("STP201", "wrong", ("steps", "a", "env", "B"), Suggestion("mean it?", ("C",)), data={"argument": "X"})
    )
    assert json.loads(json.dumps(document)) == {
        "code": "STP201",
        "severity": "error",
        "message": "wrong",
        "step": "a",
        "field": "env",
        "path": "steps.a.env.B",
        "suggestion": {"text": "mean it?", "values": ["C"]},
        "position": None,
        "data": {"argument": "X"},
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [("größe 🐧", "größe 🐧"), ("a\tb\nc", "a b c"), ("\x00\x9b\u200b", "\\x00\\x9b\\u200b"), ("\ud800", "\\ud800")],
    ids=["what is shown", "white space", "controls", "half a pair"],
)
def test_what_a_terminal_obeys_or_hides_is_escaped(text, shown):
    assert printable(text) == shown
