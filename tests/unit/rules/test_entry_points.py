from __future__ import annotations

import pytest

from stepsmith.rules.entry_points import check_entry_points

TEXT = """\
[project]
name = "x"

[project.entry-points."stepsmith.steps"]
# a comment
x = "%s"

[project.entry-points.other]
y = "no.such:THING"
"""


@pytest.fixture
def found(tmp_path, monkeypatch):
    """What is found of a project with this entry point."""
    monkeypatch.chdir(tmp_path)

    def call(place):
        (tmp_path / "pyproject.toml").write_text(TEXT % place)
        return check_entry_points(tmp_path)

    return call


def test_an_entry_point_that_leads_to_a_table_is_well(found):
    assert found("stepsmith.steps:TABLE") == []


@pytest.mark.parametrize("place", ["stepsmith.steps:TABEL", "no.such.package:TABLE"])
def test_one_that_leads_nowhere_is_told_at_its_line(snapshot, found, place):
    (finding,) = found(place)
    assert (finding.code, finding.at) == ("STP012", "pyproject.toml:6:1")
    snapshot(finding)


def test_a_folder_without_a_project_has_none(tmp_path):
    assert check_entry_points(tmp_path) == []
