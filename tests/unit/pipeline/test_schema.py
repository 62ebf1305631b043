from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from stepsmith import RegistryManager
from stepsmith.pipeline.schema import pipeline_schema

ROOT = Path(__file__).parents[3]
HEAD = {"name": "p", "region": "eu-west-1"}
MODEL = {"type": "DummyTraining", "pretrained_model_path": "m.tar.gz"}


def examples():
    """Every pipeline that the project shows: files, and the blocks of its pages."""
    for path in ROOT.glob("examples/*/*.yaml"):
        yield pytest.param(path.read_text(), id=str(path.relative_to(ROOT)))
    for path in [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/*.md")]:
        for index, block in enumerate(re.findall(r"```yaml\n(.*?)```", path.read_text(), re.DOTALL)):
            if "name:" in block and "steps:" in block and "ModelCard" not in block:
                yield pytest.param(block, id=f"{path.name} {index}")


@pytest.fixture(scope="module")
def validator():
    schema = pipeline_schema(RegistryManager())
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


@pytest.fixture
def faults(validator):
    """Where in a document the schema does not take what stands there."""

    def call(document):
        return sorted({".".join(map(str, error.absolute_path)) for error in validator.iter_errors(document)})

    return call


def with_step(**fields):
    return {**HEAD, "steps": {"m": {**MODEL, **fields}}}


@pytest.mark.parametrize("text", list(examples()))
def test_every_example_is_what_the_schema_takes(faults, text):
    assert faults(yaml.safe_load(text)) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"max_runtime_seconds": 1200}, {"max_runtime_seconds": "20m"}, {"max_runtime_seconds": "${param:Seconds}"},
        {"volume_size_gb": "1 TB"}, {"instance_type": "${env:TYPE:-ml.m5.large}"},
        {"sha256": "${env:DIGEST}"}, {"compress": "${env:C}"}, {"cache": True},
        {"cache": {"expire_after": "30 days"}}, {"after": "a"}, {"after": ["a", "b"]}, {"after": None},
        {"inputs": {"pretrained_model_path": "a.b"}}, {"tags": {"a": "${param:A}"}}, {"sha256": None},
        {"retry": [{"exception_types": ["Step.THROTTLING"], "max_attempts": "${env:N}"}]}, {"subnets": ["${param:S}"]},
    ],
)  # fmt: skip
def test_what_a_step_may_have_is_taken(faults, fields):
    assert faults(with_step(**fields)) == []


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"name": "p"}, ""),
        ({**HEAD, "steps": {}}, "steps"),
        ({**HEAD, "steps": {"m": MODEL}, "stpes": {}}, ""),
        ({**HEAD, "steps": {"m": {}}}, "steps.m"),
        ({**HEAD, "steps": {"m": {"type": "Dummy"}}}, "steps.m.type"),
        ({**HEAD, "steps": {"m": {"type": "ModelPackaging"}}}, "steps.m"),
        (with_step(pretrained_model_pth="x"), "steps.m"),
        (with_step(sha256="${param:Digest}"), "steps.m.sha256"),
        ({**HEAD, "region": "${param:Region}", "steps": {"m": MODEL}}, "region"),
        (with_step(max_runtime_seconds=0), "steps.m.max_runtime_seconds"),
        (with_step(max_runtime_seconds=[1]), "steps.m.max_runtime_seconds"),
        (with_step(instance_count="many"), "steps.m.instance_count"),
        (with_step(inputs={"pretrained": "a.b"}), "steps.m.inputs"),
        (with_step(cache={"expires": "P30D"}), "steps.m.cache"),
        ({**HEAD, "steps": {"m": MODEL}, "parameters": {"A": {"type": "Text"}}}, "parameters.A.type"),
        ({**HEAD, "steps": {"m": MODEL}, "defaults": {"instance_typ": "x"}}, "defaults"),
    ],
)
def test_what_it_may_not_have_is_refused_at_its_place(faults, document, where):
    assert faults(document) == [where]


def test_each_field_says_what_it_is_for(validator):
    fields = validator.schema["$defs"]["step-DummyTraining"]["properties"]
    assert [name for name, field in fields.items() if name != "type" and not field.get("description")] == []
