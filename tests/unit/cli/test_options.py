from __future__ import annotations

import click

from stepsmith.cli.options import json_option, pipeline_argument, store_option


def test_the_shared_options_are_the_same_on_each_command():
    @click.command()
    @pipeline_argument
    @store_option
    @json_option
    def command(pipeline, store, as_json):
        raise AssertionError((pipeline, store, as_json))

    assert [parameter.name for parameter in command.params] == ["pipeline", "store", "as_json"]
