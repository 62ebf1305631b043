import copy
import pickle
from dataclasses import replace

import pytest

from stepsmith.diagnostics import (
    ConfigError,
    DagError,
    DefinitionError,
    DocumentError,
    FaultsError,
    Finding,
    MissingFileError,
    Position,
    RunError,
    StepsmithError,
    errors,
)

ALL = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, StepsmithError)]


def one_of_each():
    plain = [
        kind("XYZ001", "it is wrong", where=("steps", "a"), fix="right it", position=Position("p.yaml", 3))
        for kind in ALL
        if kind is not FaultsError
    ]
    return [*plain, FaultsError([DagError("DAG001", "one"), RunError("RUN001", "two", where=("steps", "b"))])]


def test_an_error_is_its_finding():
    error = ConfigError("STP201", "it is wrong", where="a", fix="right it", position=Position("p.yaml", 1))
    assert error.findings == (Finding("STP201", "it is wrong", "a", "right it", Position("p.yaml", 1)),)
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
    error = FaultsError([ConfigError("STP201", "one", where="a"), ConfigError("STP202", "two")]).inside("steps", "s")
    assert [finding.where for finding in error.findings] == ["steps.s.a", "steps.s"]


def test_an_error_is_located_and_stays_the_same_error():
    error = ConfigError("STP201", "wrong", where="a")
    located = error.mapped(lambda finding: replace(finding, position=Position(finding.where)))
    assert located is error
    assert error.findings == (Finding("STP201", "wrong", "a", position=Position("a")),)


def test_faults_found_together_inside_faults_are_all_told():
    inner = FaultsError([DagError("DAG001", "one"), DagError("DAG002", "two")])
    assert [finding.code for finding in FaultsError([inner, DagError("DAG003", "three")]).findings] == [
        "DAG001",
        "DAG002",
        "DAG003",
    ]


def test_each_of_several_errors_is_located_with_the_whole():
    error = FaultsError([ConfigError("STP201", "a"), ConfigError("STP202", "b")]).inside("steps", "m")
    assert [one.findings[0].where for one in error.errors] == ["steps.m", "steps.m"]
    assert [finding.where for finding in error.findings] == ["steps.m", "steps.m"]


def test_findings_that_have_their_lines_are_told_in_the_order_of_the_file():
    error = FaultsError([ConfigError("STP201", "late", where="late"), ConfigError("STP202", "early", where="early")])
    error.mapped(lambda f: replace(f, position=Position("p.yaml", 9 if f.where == "early" else 10)))
    assert [finding.code for finding in error.findings] == ["STP202", "STP201"]
