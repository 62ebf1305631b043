from __future__ import annotations

import json

import yaml
from click.testing import CliRunner
from jsonschema import Draft7Validator

from stepsmith.cli.schema import command
from stepsmith.scaffold import new_step


def test_the_steps_of_a_pipelines_packages_are_in_it_too(tmp_path):
    made = new_step("StepOfASchema", tmp_path / "step")
    done = CliRunner().invoke(command, [str(made / "pipeline.yaml")])
    schema = json.loads(done.output)
    assert "StepOfASchema" in schema["$defs"]["step"]["properties"]["type"]["enum"]
    pipeline = yaml.safe_load((made / "pipeline.yaml").read_text())
    assert list(Draft7Validator(schema).iter_errors(pipeline)) == []


def test_the_schema_is_one_json_document_with_the_installed_steps():
    done = CliRunner().invoke(command)
    assert done.exit_code == 0
    assert "DummyTraining" in json.loads(done.output)["$defs"]["step"]["properties"]["type"]["enum"]
