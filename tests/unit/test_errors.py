import copy
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from stepsmith import errors
from stepsmith.errors import (
    ConfigError,
    DagError,
    DefinitionError,
    DocumentError,
    Faults,
    FaultsError,
    Finding,
    MissingFileError,
    RunError,
    StepsmithError,
    nearest,
    seen_from_here,
)

ALL = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, StepsmithError)]


def one_of_each():
    plain = [
        kind("XYZ001", "it is wrong", where="steps.a", fix="right it", at="p.yaml:3")
        for kind in ALL
        if kind is not FaultsError
    ]
    return [*plain, FaultsError([DagError("DAG001", "one"), RunError("RUN001", "two", where="steps.b")])]


FINDINGS = {
    "no place": Finding("DEF001", "it is wrong"),
    "in the pipeline": Finding("DEF001", "it is wrong", "steps.a"),
    "in a file": Finding("DEF001", "it is wrong", at="p.yaml:3"),
    "all of it": Finding("DEF001", "it is wrong", "steps.a", "right it", "p.yaml:3", excerpt="a: b\n   ^"),
}


@pytest.mark.parametrize("finding", FINDINGS.values(), ids=FINDINGS)
def test_a_finding_tells_its_code_its_place_what_is_wrong_and_what_to_do(snapshot, finding):
    snapshot(finding)


def test_an_error_is_its_finding():
    error = ConfigError("STP201", "it is wrong", where="a", fix="right it", at="p.yaml:1")
    assert error.findings == (Finding("STP201", "it is wrong", "a", "right it", "p.yaml:1"),)
    assert error.code == "STP201"
    assert str(error) == str(error.findings[0])


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_stands_in_the_tree_at_the_top_of_the_file(kind):
    assert kind.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (ConfigError, ValueError),
        (MissingFileError, FileNotFoundError),
        (DocumentError, ValueError),
        (DagError, ValueError),
        (DefinitionError, ValueError),
        (errors.ResolutionError, ValueError),
        (errors.ArchiveError, ValueError),
    ],
)
def test_an_error_is_caught_as_the_builtin_one_that_it_refines(kind, builtin):
    with pytest.raises(builtin) as raised:
        raise kind("XYZ001", "it is wrong")
    assert raised.value.findings == (Finding("XYZ001", "it is wrong"),)


@pytest.mark.parametrize("error", one_of_each(), ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "through",
    [lambda error: pickle.loads(pickle.dumps(error)), copy.copy],  # noqa: S301 - our own bytes
    ids=["pickle", "copy"],
)
def test_an_error_comes_whole_out_of_another_process(error, through):
    again = through(error)
    assert type(again) is type(error)
    assert again.findings == error.findings
    assert str(again) == str(error)


def test_an_error_is_put_inside_a_place_from_the_inner_to_the_outer():
    error = ConfigError("STP201", "wrong", where="label").inside("prepare").inside("steps")
    assert error.findings[0].where == "steps.prepare.label"


def test_an_error_without_a_place_gets_the_place_that_it_is_put_inside():
    assert ConfigError("STP201", "wrong").inside("steps").findings[0].where == "steps"


def test_every_finding_of_several_is_put_inside_a_place():
    error = FaultsError([ConfigError("STP201", "one", where="a"), ConfigError("STP202", "two")]).inside("steps.s")
    assert [finding.where for finding in error.findings] == ["steps.s.a", "steps.s"]


def test_an_error_is_located_and_stays_the_same_error():
    error = ConfigError("STP201", "wrong", where="a")
    located = error.located(lambda finding: Finding(finding.code, finding.what, at=f"p.yaml:{finding.where}"))
    assert located is error
    assert error.findings == (Finding("STP201", "wrong", at="p.yaml:a"),)


def test_no_fault_raises_nothing():
    Faults().raise_if_any()


def test_one_fault_is_raised_as_it_is():
    faults, error = Faults(), DagError("DAG001", "one")
    faults.add(error)
    with pytest.raises(DagError) as caught:
        faults.raise_if_any()
    assert caught.value is error


def test_several_faults_are_raised_together_in_the_order_in_which_they_were_found():
    faults = Faults()
    with faults.caught("steps.a"):
        raise ConfigError("STP201", "one", where="label")
    with faults.caught():
        raise DagError("DAG001", "two", where="steps.b")
    faults.add(DagError("DAG002", "three"))
    with pytest.raises(FaultsError) as caught:
        faults.raise_if_any()
    assert caught.value.findings == (
        Finding("STP201", "one", "steps.a.label"),
        Finding("DAG001", "two", "steps.b"),
        Finding("DAG002", "three"),
    )
    assert caught.value.code == "STP201"
    assert [type(error) for error in caught.value.errors] == [ConfigError, DagError, DagError]


def test_a_fault_that_is_found_twice_is_told_once(snapshot):
    error = FaultsError([DagError("DAG001", "one"), DagError("DAG001", "one"), DagError("DAG002", "two")])
    assert error.findings == (Finding("DAG001", "one"), Finding("DAG002", "two"))
    snapshot(error)


def test_a_fault_that_stands_at_several_places_is_told_once_with_all_of_them(snapshot):
    error = FaultsError([DagError("DAG001", "one", where=place, fix="right it") for place in ("steps.a", "steps.b")])
    assert [finding.where for finding in error.findings] == ["steps.a", "steps.b"]
    snapshot(error)


def test_faults_found_together_inside_faults_are_all_told():
    inner = FaultsError([DagError("DAG001", "one"), DagError("DAG002", "two")])
    assert [finding.code for finding in FaultsError([inner, DagError("DAG003", "three")]).findings] == [
        "DAG001",
        "DAG002",
        "DAG003",
    ]


def test_what_is_no_fault_of_ours_is_not_kept():
    faults = Faults()

    def fail():
        with faults.caught():
            raise KeyError("a mistake in the code")

    with pytest.raises(KeyError):
        fail()
    assert faults.errors == []


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("DumyTraining", ["DummyTraining", "Payload"]),
        ("dummytraining", ["DummyTraining", "Payload"]),
        ("trai", ["train", "trail_x", "test"]),
        ("x", ["b", "a"]),
        ("x", []),
        ("", ["a"]),
    ],
    ids=["a letter left out", "another case", "two are close", "none is close", "none is known", "no name"],
)
def test_a_hint_names_what_is_close_or_else_all_that_is_known(snapshot, name, known):
    snapshot(nearest(name, known))


def test_a_hint_does_not_depend_on_the_order_of_the_names():
    assert nearest("model", ["Model", "models"]) == nearest("model", ["models", "Model"])


def test_a_fault_of_several_that_is_kept_already_stays_the_one_error_that_it_is():
    faults = Faults()
    faults.add(MissingFileError("STP230", "gone"))
    faults.add(FaultsError([MissingFileError("STP230", "gone")]))
    with pytest.raises(MissingFileError):
        faults.raise_if_any()


def test_each_of_several_errors_is_located_with_the_whole():
    error = FaultsError([ConfigError("STP201", "a"), ConfigError("STP202", "b")]).inside("steps.m")
    assert [one.findings[0].where for one in error.errors] == ["steps.m", "steps.m"]
    assert [finding.where for finding in error.findings] == ["steps.m", "steps.m"]


def test_findings_that_have_their_lines_are_told_in_the_order_of_the_file():
    error = FaultsError([ConfigError("STP201", "late", where="late"), ConfigError("STP202", "early", where="early")])
    error.located(lambda finding: replace(finding, at="p.yaml:9" if finding.where == "early" else "p.yaml:10"))
    assert [finding.code for finding in error.findings] == ["STP202", "STP201"]


def test_a_path_is_told_as_it_is_seen_from_here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert seen_from_here(tmp_path / "a" / "b") == "a/b"
    assert seen_from_here(Path("/elsewhere")) == "/elsewhere"
