from __future__ import annotations

import functools
import html
import os
import re
import shutil
from pathlib import Path

import pytest

from stepsmith.cli.commands.graph import svg_of
from stepsmith.diagnostics import RunError

DOCS = Path(__file__).parents[4] / "docs"
EXAMPLE = Path(__file__).parents[4] / "examples" / "pretrained-model" / "pipeline.yaml"


@pytest.fixture
def graph(stepsmith):
    """Calls `stepsmith graph`."""
    return functools.partial(stepsmith, "graph")


@pytest.fixture
def graphviz(tmp_path, monkeypatch):
    """Puts a `dot` with the given shell commands first on the PATH."""

    def install(commands):
        folder = tmp_path / "graphviz"
        folder.mkdir()
        (folder / "dot").write_text(f"#!/bin/sh\n{commands}\n")
        (folder / "dot").chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    return install


@pytest.mark.parametrize(
    ("form", "begins"), [(None, "flowchart TB\n"), ("mermaid", "flowchart TB\n"), ("dot", "digraph ")]
)
def test_a_picture_is_printed(graph, form, begins):
    done = graph(EXAMPLE, *(["--format", form] if form else []))
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(begins)
    assert "model_output" in done.out


def test_the_picture_in_the_docs_is_that_of_the_example(graph):
    page = (DOCS / "pipeline-yaml.md").read_text()
    assert f"```mermaid\n{graph(EXAMPLE).out}```\n" in page, "stepsmith graph …, into docs/pipeline-yaml.md"


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_draws_every_step_and_every_edge(tmp_path, graph):
    assert graph(EXAMPLE, "-o", str(tmp_path / "p.svg")).status == 0
    titles = [html.unescape(title) for title in re.findall("<title>(.*)</title>", (tmp_path / "p.svg").read_text())]
    assert {"prepare", "model", "package", "payload", "register"} <= set(titles)
    assert sum("->" in title for title in titles) == 6


@pytest.mark.parametrize(("name", "begins"), [("p.dot", "digraph "), ("p.md", "flowchart TB")])
def test_a_picture_is_written_in_the_form_of_its_name(graph, tmp_path, name, begins):
    done = graph(EXAMPLE, "-o", name)
    assert (done.status, done.out, done.err) == (0, "", "")
    assert (tmp_path / name).read_text().startswith(begins)


@pytest.mark.parametrize("arguments", [["-o", "p.svg"], ["-o", "p.xml", "--format", "svg"]])
def test_graphviz_draws_an_svg(graph, graphviz, tmp_path, arguments):
    graphviz('[ "$*" = -Tsvg ] && echo "<svg>" && /bin/cat')
    done = graph(EXAMPLE, *arguments)
    assert (done.status, done.out, done.err) == (0, "", "")
    assert (tmp_path / arguments[1]).read_text() == f"<svg>\n{graph(EXAMPLE, '--format', 'dot').out}"


def test_an_svg_needs_graphviz(graph, tmp_path, monkeypatch, snapshot):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = graph(EXAMPLE, "-o", "p.svg")
    assert (done.status, done.out, done.codes) == (1, "", ["RUN013"])
    snapshot(done.err)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("commands", ["echo 'no fonts' >&2; echo 'no memory' >&2; exit 3", "kill -9 $$"])
def test_graphviz_may_fail(graph, graphviz, tmp_path, commands):
    graphviz(commands)
    done = graph(EXAMPLE, "-o", "p.svg")
    assert (done.status, done.out, done.codes) == (1, "", ["RUN013"])
    assert not (tmp_path / "p.svg").exists()


def test_graphviz_has_a_time_limit(graphviz):
    graphviz("exec /bin/sleep 60")
    with pytest.raises(RunError) as caught:
        svg_of("digraph {}", timeout_seconds=0.2)
    assert caught.value.code == "RUN013"


def test_the_pipeline_itself_is_not_overwritten(graph, tmp_path, snapshot):
    copy = tmp_path / "pipeline.yaml"
    copy.write_text(EXAMPLE.read_text())
    done = graph(copy, "-o", "pipeline.yaml", "--format", "dot")
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
    done = graph(EXAMPLE, "-o", "file/p.dot")
    assert (done.status, done.out, done.codes) == (1, "", ["RUN009"])
    snapshot(done.err)
