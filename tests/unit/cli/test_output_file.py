import click
import pytest

from stepsmith.cli.output_file import write_output
from stepsmith.diagnostics import RunError


@pytest.fixture
def pipeline(tmp_path):
    path = tmp_path / "pipeline.yaml"
    path.write_text("name: penguins")
    return path


def test_a_file_is_written_whole(pipeline, tmp_path):
    output = tmp_path / "penguins.svg"
    output.write_bytes(b"an older and longer one")
    write_output(output, b"<svg/>", made_of=pipeline)
    assert output.read_bytes() == b"<svg/>"
    assert sorted(tmp_path.iterdir()) == [output, pipeline]


def test_what_a_file_is_made_of_is_not_replaced(pipeline, snapshot):
    with snapshot.error(click.UsageError):
        write_output(pipeline, b"{}", made_of=pipeline)
    assert pipeline.read_text() == "name: penguins"


def test_a_file_that_cannot_be_written_says_so(pipeline, tmp_path, expect_error):
    with expect_error("RUN009", kind=RunError):
        write_output(pipeline / "penguins.svg", b"<svg/>", made_of=pipeline)
    assert list(tmp_path.iterdir()) == [pipeline]
