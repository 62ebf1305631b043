from __future__ import annotations

import functools
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[4] / "docs"
EXAMPLE = Path(__file__).parents[4] / "examples" / "pretrained-model" / "pipeline.yaml"


@pytest.fixture
def graph(stepsmith):
    """Calls `stepsmith graph`."""
    return functools.partial(stepsmith, "graph")


@pytest.mark.parametrize(
    ("form", "begins"), [(None, "flowchart TB\n"), ("mermaid", "flowchart TB\n"), ("dot", "digraph "), ("svg", "<svg ")]
)
def test_a_picture_is_printed(graph, form, begins):
    done = graph(EXAMPLE, *(["--format", form] if form else []))
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(begins)
    assert "model_output" in done.out


def test_the_picture_in_the_docs_is_that_of_the_example(graph, tmp_path):
    graph(EXAMPLE, "-o", "p.svg")
    assert (tmp_path / "p.svg").read_text() == (DOCS / "penguins.svg").read_text(), (
        "stepsmith graph … -o docs/penguins.svg"
    )


@pytest.mark.parametrize(("name", "begins"), [("p.svg", "<svg "), ("p.dot", "digraph "), ("p.md", "flowchart TB")])
def test_a_picture_is_written_in_the_form_of_its_name(graph, tmp_path, name, begins):
    done = graph(EXAMPLE, "-o", name)
    assert (done.status, done.out, done.err) == (0, "", "")
    assert (tmp_path / name).read_text().startswith(begins)


def test_the_pipeline_itself_is_not_overwritten(graph, tmp_path, snapshot):
    copy = tmp_path / "pipeline.yaml"
    copy.write_text(EXAMPLE.read_text())
    done = graph(copy, "-o", "pipeline.yaml", "--format", "svg")
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)
    assert copy.read_text() == EXAMPLE.read_text()


def test_an_ending_that_no_picture_has_is_refused(graph, tmp_path, snapshot):
    done = graph(EXAMPLE, "-o", "p.png")
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_nothing_can_be_written_is_told(graph, tmp_path, snapshot):
    (tmp_path / "file").touch()
    done = graph(EXAMPLE, "-o", "file/p.svg")
    assert (done.status, done.out, done.codes) == (1, "", ["RUN009"])
    snapshot(done.err)
