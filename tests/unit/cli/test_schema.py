from __future__ import annotations

import json

from click.testing import CliRunner

from stepsmith.cli.schema import command


def test_the_schema_is_one_json_document_with_the_installed_steps():
    done = CliRunner().invoke(command)
    assert done.exit_code == 0
    assert "DummyTraining" in json.loads(done.output)["$defs"]["step"]["properties"]["type"]["enum"]
