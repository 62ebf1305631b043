from __future__ import annotations

import json

import yaml
from jsonschema import Draft7Validator

from stepsmith.scaffold import new_step


def test_the_steps_of_a_pipelines_packages_are_in_it_too(tmp_path, stepsmith):
    made = new_step("StepOfASchema", tmp_path / "step")
    schema = json.loads(stepsmith("schema", made / "pipeline.yaml").out)
    assert "StepOfASchema" in schema["$defs"]["step"]["properties"]["type"]["enum"]
    pipeline = yaml.safe_load((made / "pipeline.yaml").read_text())
    assert list(Draft7Validator(schema).iter_errors(pipeline)) == []


def test_the_schema_is_one_json_document_with_the_installed_steps(stepsmith):
    done = stepsmith("schema")
    assert (done.status, done.err) == (0, "")
    assert "DummyTraining" in json.loads(done.out)["$defs"]["step"]["properties"]["type"]["enum"]
