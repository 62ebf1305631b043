from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from stepsmith.cli.command_groups import ListingGroup


@click.group("birds", cls=ListingGroup, meant=("see a bird", "show"))
@click.option("--store")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def birds(context, store, as_json):
    if context.invoked_subcommand is None:
        click.echo(f"list {store} {as_json}")


@birds.command("show")
@click.argument("name")
@click.option("--store")
@click.option("--json", "as_json", is_flag=True)
def show(name, store, as_json):
    click.echo(f"show {name} {store} {as_json}")


def said(*arguments):
    done = CliRunner().invoke(birds, arguments, prog_name="birds")
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "list None False\n"),
        (["--json", "--store", "s"], "list s True\n"),
        (["show", "gull"], "show gull None False\n"),
        (["show", "gull", "--json", "--store", "s"], "show gull s True\n"),
        (["--json", "--store", "s", "show", "gull"], "show gull s True\n"),
        (["--store", "s", "show", "gull", "--store", "other"], "show gull other False\n"),
    ],
)
def test_alone_it_lists_and_its_options_hold_for_its_subcommands_too(arguments, told):
    assert said(*arguments) == (0, told)


@pytest.mark.parametrize(
    "word",
    ["gull", "shwo", "a gull"],
)
def test_a_word_that_is_no_subcommand_is_wrong_usage_with_what_was_meant(word, snapshot):
    status, output = said(word)
    assert status == 2
    snapshot(output)
