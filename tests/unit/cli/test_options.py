from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from stepsmith.cli.options import (
    group_argument,
    json_option,
    latest_argument,
    pipeline_argument,
    store_option,
    version_argument,
)


def test_the_shared_options_are_the_same_on_each_command():
    @click.command()
    @pipeline_argument
    @store_option
    @json_option
    def command(pipeline, store, as_json):
        raise AssertionError((pipeline, store, as_json))

    assert [parameter.name for parameter in command.params] == ["pipeline", "store", "as_json"]


@click.command()
@group_argument
@version_argument
def exact(group, version):
    click.echo(f"{group} {version!r}")


@click.command()
@group_argument
@latest_argument
def latest(group, version):
    click.echo(f"{group} {version!r}")


@pytest.mark.parametrize(
    ("command", "arguments", "told"),
    [(exact, ["g", "12"], "g 12\n"), (latest, ["g", "12"], "g 12\n"), (latest, ["g"], "g None\n")],
)
def test_a_version_is_a_number(command, arguments, told):
    assert CliRunner().invoke(command, arguments).output == told


@pytest.mark.parametrize("command", [exact, latest], ids=["exact", "latest"])
@pytest.mark.parametrize("written", ["0", "01", "1.0", "v1", "latest", "²", " 1", "", "1" * 11])
def test_what_is_no_version_is_wrong_usage(command, written):
    wrong = CliRunner().invoke(command, ["g", written], standalone_mode=False).exception
    assert isinstance(wrong, click.BadParameter)
    assert (wrong.exit_code, wrong.param.name) == (2, "version")


@pytest.mark.parametrize("command", [exact, latest], ids=["exact", "latest"])
def test_what_is_no_version_is_told_with_what_one_is(command, snapshot):
    snapshot(CliRunner().invoke(command, ["g", "v1"]).output)


def test_an_exact_version_must_be_given():
    assert CliRunner().invoke(exact, ["g"]).exit_code == 2
