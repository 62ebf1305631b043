from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, Field

from stepsmith import (
    DependencySpec,
    ModelRegistrationConfig,
    NodeType,
    OutputSpec,
    ProcessingStepConfigBase,
    StepDeclaration,
    StepSpecification,
)
from stepsmith.build.builder import StepBuilderBase
from stepsmith.describe.config_schema import ConfigFields
from stepsmith.describe.step_catalogue import catalogue_entry
from stepsmith.diagnostics import ConfigError
from stepsmith.pipeline.load import load_pipeline
from stepsmith.registry import RegistryManager, StepTable
from stepsmith.step.config import BasePipelineConfig
from stepsmith.steps import TABLE

REGISTRY = RegistryManager(tables=[StepTable("stepsmith", TABLE)])
STEPS = [REGISTRY.get(name) for name in sorted(TABLE)]
ENTRIES = {step.name: catalogue_entry(step, STEPS) for step in STEPS}
FILES = {
    "data/a.csv": "age,defaulted\n31,0\n44,1\n",
    "inference/inference.py": "def model_fn(model_dir): ...\n",
    "samples.csv": "age\n31\n",
}
TOP = {"name": "examples", "region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/examples"}


class Untyped(BaseModel):
    field: Any


ANY_VALUE = ConfigFields(Untyped).type_in_words("field")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_each_field_is_there_once_with_a_description_apart_from_those_that_the_config_refuses(step):
    entry = ENTRIES[step.name]
    settings = [*entry.fields, *entry.shared]
    assert sorted(one.name for one in settings) == sorted(
        set(step.config_class.model_fields) - step.config_class.fields_refused
    )
    assert [one.name for one in settings if not one.description.endswith(".")] == []
    assert [one.name for one in settings if one.type == ANY_VALUE] == []


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_what_a_step_needs_and_offers_has_descriptions(step):
    entry = ENTRIES[step.name]
    assert all(one.description for one in (*entry.needs, *entry.offers))


def test_the_fields_of_every_step_are_told_apart_from_its_own():
    entry = ENTRIES["DummyTraining"]
    assert [one.name for one in entry.fields] == ["pretrained_model_path", "sha256", "compress"]
    shared = {one.name: one for one in entry.shared}
    assert shared.keys() >= {"region", "env", "instance_type", "max_runtime_seconds"}
    assert shared["max_runtime_seconds"].default == 1200


def test_a_field_that_means_something_else_in_a_step_is_its_own():
    own = {one.name: one for one in ENTRIES["ModelRegistration"].fields}
    assert own["image_uri"].required
    assert own["env"].description == ModelRegistrationConfig.model_fields["env"].description
    assert own["env"].description != BasePipelineConfig.model_fields["env"].description
    assert [one.name for one in ENTRIES["ModelRegistration"].shared] == ["region", "role", "pipeline_s3_loc", "retry"]


def is_refused(step, name):
    (written,) = ENTRIES[step.name].example.values()
    example = {field: value for field, value in written.items() if field in step.config_class.model_fields}
    try:
        step.config_class(**{name: BasePipelineConfig.model_fields[name].default, **example})
    except ConfigError:
        return True
    return False


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_what_the_catalogue_leaves_out_is_refused_when_it_is_set_and_nothing_else_is(step):
    assert {
        name for name in BasePipelineConfig.model_fields if is_refused(step, name)
    } == step.config_class.fields_refused


def test_those_that_must_be_set_stand_first():
    entry = ENTRIES["ModelRegistration"]
    required = [one.required for one in entry.fields]
    assert required == sorted(required, reverse=True)
    assert entry.fields[0].name == "group"


def test_what_fills_a_need_is_told_of_its_own_field_and_of_the_steps_that_there_are():
    (samples,) = ENTRIES["Payload"].needs
    assert (samples.required, samples.field, samples.outputs) == (True, "samples", ("TabularPreprocessing.test",))
    model, payload = ENTRIES["ModelRegistration"].needs
    assert (model.required, model.field, model.outputs) == (True, None, ("ModelPackaging.packaged_model",))
    assert (payload.required, payload.outputs) == (False, ("Payload.payload_samples",))
    assert catalogue_entry(REGISTRY.get("Payload")).needs[0].outputs == ()


def test_an_offer_has_its_other_names():
    (offer,) = ENTRIES["ModelPackaging"].offers
    assert (offer.name, offer.aliases) == ("packaged_model", ("PackagedModel",))
    assert ENTRIES["ModelRegistration"].offers == ()


def test_an_entry_is_plain_data():
    for entry in ENTRIES.values():
        assert json.loads(json.dumps(asdict(entry)))["name"] == entry.name


@pytest.fixture
def pipeline(tmp_path, model_archive):
    """Loads a pipeline of the given steps beside the files that their examples name."""
    model_archive("models/model.tar.gz")
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def load(steps, registry=REGISTRY):
        (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump({**TOP, "steps": steps}))
        return load_pipeline(tmp_path / "pipeline.yaml", registry=registry)

    return load


def test_the_examples_of_all_steps_together_are_a_pipeline(pipeline):
    steps: dict[str, Any] = {}
    for entry in ENTRIES.values():
        steps |= entry.example
    compiled = pipeline(steps).compile()
    assert {one["Name"] for one in json.loads(compiled.definition)["Steps"]} == set(steps)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_an_example_sets_what_must_be_set(entry):
    (written,) = entry.example.values()
    assert written["type"] == entry.name
    assert {one.name for one in entry.fields if one.required} <= set(written)
    assert set(written) <= {"type", "after", *(one.name for one in entry.fields)}


class CountConfig(ProcessingStepConfigBase):
    """A config of another package, which says nothing of its fields."""

    limit: int
    words: tuple[str, ...]
    how: str = Field(default="fast", examples=["slow"])


class CountBuilder(StepBuilderBase):
    config_class = CountConfig
    specification = StepSpecification(
        step_type="CountXMLFiles",
        node_type=NodeType.INTERNAL,
        dependencies=(DependencySpec(logical_name="model_input"), DependencySpec(logical_name="unheard_of")),
        outputs=(OutputSpec(logical_name="counts"),),
    )

    def parts(self, inputs):
        raise NotImplementedError(inputs)


COUNT = StepDeclaration(CountBuilder.specification, CountConfig, CountBuilder, "Counts.")


def test_a_step_of_another_package_gets_an_example_from_its_types(pipeline):
    entry = catalogue_entry(COUNT, [*STEPS, COUNT])
    assert entry.example == {
        "count-xml-files": {
            "type": "CountXMLFiles",
            "limit": 1,
            "words": ["words"],
            "after": ["dummy-training"],
        }
    }
    registry = RegistryManager(tables=[StepTable("stepsmith", TABLE)])
    registry.register(COUNT)
    declared = pipeline({**ENTRIES["DummyTraining"].example, **entry.example}, registry)
    assert set(declared.steps) == {"dummy-training", "count-xml-files"}


def test_a_step_does_not_fill_its_own_need():
    own = replace(
        COUNT,
        specification=StepSpecification(
            step_type="Loop",
            node_type=NodeType.INTERNAL,
            dependencies=(DependencySpec(logical_name="counts"),),
            outputs=(OutputSpec(logical_name="counts"),),
        ),
    )
    assert catalogue_entry(own, [own]).needs[0].outputs == ()
