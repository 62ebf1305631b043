import pytest

from stepsmith.diagnostics import DagError, FaultsError, Finding, Position

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
