"""The snapshots of texts: what differs fails, and an update changes only what tests that passed have shown."""

from __future__ import annotations

import pytest

TWO = """
import pytest

@pytest.mark.parametrize("one", ["a", "b"])
def test_two(snapshot, tmp_path, one):
    snapshot(f"{tmp_path}/{one}: first\\n\\n----\\n\\x1b ")
    snapshot("second")
"""
WRITTEN = """\
# What the tests of this room read. `make texts` writes this file; never edit it by hand.

unit/room/test_some.py::test_two[a]
    TMP/a: first
    \\n
    \\x2d---
    \\x1b\\x20
    ----
    second

unit/room/test_some.py::test_two[b]
    TMP/b: first
    \\n
    \\x2d---
    \\x1b\\x20
    ----
    second
"""


class Project:
    """A project with one test file, and the snapshot file of its room."""

    def __init__(self, pytester):
        pytester.makeini("[pytest]\n")
        self._pytester = pytester
        self._test = pytester.path / "tests" / "unit" / "room" / "test_some.py"
        self._test.parent.mkdir(parents=True)
        self.texts = pytester.path / "tests" / "texts" / "room.txt"

    def write(self, text):
        self._test.write_text(text)

    def run(self, *options):
        """How many tests passed, failed, …"""
        options = ("-p", "support.texts", "-p", "no:cacheprovider", *options)
        return self._pytester.runpytest_inprocess(*options).parseoutcomes()

    def keys(self):
        return [line.partition("::")[2] for line in self.texts.read_text().splitlines() if line.startswith("unit/")]


@pytest.fixture
def project(pytester):
    project = Project(pytester)
    project.write(TWO)
    return project


@pytest.fixture
def updated(project):
    assert project.run("--update-texts") == {"passed": 2}
    return project


def test_a_text_without_a_snapshot_fails(project):
    assert project.run() == {"failed": 2}
    assert not project.texts.exists()


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two processes"])
def test_an_update_writes_one_file_which_is_then_compared_with(project, options):
    assert project.run("--update-texts", *options) == {"passed": 2}
    assert project.texts.read_text() == WRITTEN
    assert project.run(*options) == {"passed": 2}


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        ("first", "First", {"failed": 2}),
        ('    snapshot("second")\n', "", {"passed": 2, "errors": 2}),
        ('snapshot("second")', 'snapshot("second"); snapshot("third")', {"failed": 2}),
    ],
    ids=["another text", "one less", "one more"],
)
def test_what_differs_fails_and_changes_nothing(updated, old, new, outcome):
    updated.write(TWO.replace(old, new))
    assert updated.run() == outcome
    assert updated.texts.read_text() == WRITTEN


@pytest.mark.parametrize("end", ["pytest.skip('none here')", "raise ValueError"])
def test_an_update_keeps_the_texts_of_a_test_that_did_not_come_to_its_end(updated, end):
    updated.write(TWO.replace('    snapshot("second")', f'    if one == "b": {end}\n    snapshot("second")'))
    assert updated.run("--update-texts")["passed"] == 1
    assert updated.texts.read_text() == WRITTEN


@pytest.mark.parametrize("options", [("-k", "not b"), ("tests/unit/room/test_some.py::test_two[a]",)], ids=["-k", "id"])
def test_an_update_of_some_tests_keeps_the_texts_of_the_others(updated, options):
    assert updated.run("--update-texts", *options)["passed"] == 1
    assert updated.texts.read_text() == WRITTEN


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        ('"a", "b"', '"a", "c"', ["test_two[a]", "test_two[c]"]),
        ("test_two", "test_other", ["test_other[a]", "test_other[b]"]),
        ('    snapshot("second")\n', "", ["test_two[a]", "test_two[b]"]),
    ],
    ids=["another parameter", "another name", "one text less"],
)
def test_an_update_drops_what_belongs_to_no_test_any_more(updated, old, new, left):
    updated.write(TWO.replace(old, new))
    assert updated.run("--update-texts") == {"passed": 2}
    assert updated.keys() == left
    assert updated.run() == {"passed": 2}


def test_an_error_is_expected_with_its_records(project):
    project.write("""
import pytest
from dataclasses import dataclass

@dataclass
class Found(Exception):
    code: str
    where: str = ""

@pytest.mark.parametrize("code", ["A1", "A2"])
def test_code(expect_error, code):
    with expect_error("A1", "steps.a"):
        raise Found(code, "steps.a")

def test_where(expect_error):
    with expect_error("A1"):
        raise Found("A1", "steps.a")

def test_none(expect_error):
    with expect_error("A1"):
        pass

def test_another_kind(expect_error):
    with expect_error("A1"):
        raise KeyError("A1")
""")
    assert project.run("--update-texts") == {"passed": 1, "failed": 4}
    assert project.keys() == ["test_code[A1]"]
