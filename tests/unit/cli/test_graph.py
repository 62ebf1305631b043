from __future__ import annotations

from pathlib import Path

import pytest

from stepsmith.cli.main import main

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLE = Path(__file__).parents[3] / "examples" / "pretrained-model" / "pipeline.yaml"


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Calls `stepsmith graph` in this process: its status, and what it printed."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["graph", *map(str, arguments)])
        return ended.value.code, *capsys.readouterr()

    return call


@pytest.mark.parametrize(
    ("form", "begins"), [(None, "flowchart TB\n"), ("mermaid", "flowchart TB\n"), ("dot", "digraph "), ("svg", "<svg ")]
)
def test_a_picture_is_printed(run, form, begins):
    status, out, err = run(EXAMPLE, *(["--format", form] if form else []))
    assert (status, err) == (0, "")
    assert out.startswith(begins)
    assert "model_output" in out


def test_the_picture_in_the_docs_is_that_of_the_example(run, tmp_path):
    run(EXAMPLE, "-o", "p.svg")
    assert (tmp_path / "p.svg").read_text() == (DOCS / "penguins.svg").read_text(), (
        "stepsmith graph … -o docs/penguins.svg"
    )


@pytest.mark.parametrize(("name", "begins"), [("p.svg", "<svg "), ("p.dot", "digraph "), ("p.md", "flowchart TB")])
def test_a_picture_is_written_in_the_form_of_its_name(run, tmp_path, name, begins):
    assert run(EXAMPLE, "-o", name) == (0, "", "")
    assert (tmp_path / name).read_text().startswith(begins)


def test_the_pipeline_itself_is_not_overwritten(run, tmp_path):
    copy = tmp_path / "pipeline.yaml"
    copy.write_text(EXAMPLE.read_text())
    status, _, err = run(copy, "-o", "pipeline.yaml", "--format", "svg")
    assert (status, "is the pipeline itself" in err) == (2, True)
    assert copy.read_text() == EXAMPLE.read_text()


def test_an_ending_that_no_picture_has_is_refused(run, tmp_path):
    status, _, err = run(EXAMPLE, "-o", "p.png")
    assert (status, "no picture is written as '.png'" in err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_nothing_can_be_written_is_told(run, tmp_path):
    (tmp_path / "file").touch()
    status, _, err = run(EXAMPLE, "-o", "file/p.svg")
    assert (status, "RUN009" in err) == (1, True)
