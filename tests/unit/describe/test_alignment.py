"""Each rule with a step that breaks it: DummyTraining with one thing changed."""

from __future__ import annotations

import importlib.resources
from dataclasses import replace
from importlib.metadata import entry_points

import pytest

from stepsmith import (
    DUMMY_TRAINING_CONTRACT,
    DUMMY_TRAINING_SPEC,
    BasePipelineConfig,
    DependencySpec,
    DummyTrainingConfig,
    DummyTrainingStepBuilder,
    OutputSpec,
    ProcessingStepBuilder,
    ScriptContract,
    StepDeclaration,
)
from stepsmith.describe.alignment import align
from stepsmith.registry import GROUP, default_registry
from stepsmith.steps.dummy_training.step import STEP


def changed(contract=None, *, specification=None, script=None, builder=None, config=None, **fields):
    """DummyTraining, with the given fields of its contract and specification changed, all else made to fit."""
    new_contract = ScriptContract(**{**DUMMY_TRAINING_CONTRACT.model_dump(), **(contract or {})})
    parts = {"script_contract": new_contract, **(specification or {})}
    spec = type(DUMMY_TRAINING_SPEC)(**{**dict(DUMMY_TRAINING_SPEC), **parts})

    class Config(DummyTrainingConfig):
        @classmethod
        def get_script_contract(cls):
            return new_contract

    class Builder(DummyTrainingStepBuilder):
        config_class = Config
        specification = spec

        @classmethod
        def script(cls):
            return script or DummyTrainingStepBuilder.script()

    return StepDeclaration(spec, config or Config, builder or Builder, fields.get("description", "A step."))


@pytest.fixture
def codes(snapshot):
    """The codes of what is wrong with a step; the texts are compared with the snapshot."""

    def found(step):
        findings = align(step)
        for finding in findings:
            snapshot(finding)
        assert {finding.where for finding in findings} <= {step.name}
        return sorted({finding.code for finding in findings})

    return found


def test_every_installed_step_fits_itself():
    assert entry_points(group=GROUP)
    assert {name: align(default_registry().get(name)) for name in default_registry().names()} == {
        name: [] for name in default_registry().names()
    }


def test_the_step_that_the_rules_are_tried_on_fits_itself(codes):
    assert codes(changed()) == []


INPUTS, OUTPUTS = DUMMY_TRAINING_CONTRACT.expected_input_paths, DUMMY_TRAINING_CONTRACT.expected_output_paths
ARGUMENTS = DUMMY_TRAINING_CONTRACT.expected_arguments


def test_a_dependency_that_is_no_input_of_the_contract_is_found(codes):
    need = DependencySpec(logical_name="labels")
    step = changed(specification={"dependencies": (*DUMMY_TRAINING_SPEC.dependencies, need)})
    assert codes(step) == ["STP101"]


def test_an_input_that_nothing_can_fill_is_found(codes):
    step = changed({"expected_input_paths": {**INPUTS, "labels": "/opt/ml/processing/input/labels"}})
    assert codes(step) == ["STP102"]


def test_an_output_of_the_contract_that_the_specification_does_not_offer_is_found(codes):
    step = changed({"expected_output_paths": {**OUTPUTS, "report": "/opt/ml/processing/output/report"}})
    assert codes(step) == ["STP103"]


def test_an_output_of_the_specification_that_the_contract_does_not_write_is_found(codes):
    step = changed(specification={"outputs": (*DUMMY_TRAINING_SPEC.outputs, OutputSpec(logical_name="report"))})
    assert codes(step) == ["STP103"]


def test_a_property_path_that_leads_to_another_output_is_found(codes):
    path = "properties.ProcessingOutputConfig.Outputs['model'].S3Output.S3Uri"
    step = changed(specification={"outputs": (OutputSpec(logical_name="model_output", property_path=path),)})
    assert codes(step) == ["STP104"]


def test_an_argument_that_stands_for_nothing_is_found(codes):
    step = changed({"expected_arguments": {**ARGUMENTS, "output-dir": "modl_output"}})
    assert codes(step) == ["STP105"]


def test_an_argument_that_the_script_does_not_take_is_found(codes):
    step = changed({"expected_arguments": {**ARGUMENTS, "verbose": "compress"}})
    assert codes(step) == ["STP106"]


def test_an_argument_of_the_script_that_the_contract_does_not_declare_is_found(codes):
    step = changed({"expected_arguments": {"output-dir": "model_output"}})
    assert codes(step) == ["STP106"]


@pytest.mark.parametrize("text", [None, "def main(:\n"], ids=["not there", "no Python"])
def test_a_script_that_is_not_there_or_is_no_python_is_found(codes, tmp_path, text):
    script = tmp_path / "script.py"
    if text:
        script.write_text(text)
    assert codes(changed(script=script)) == ["STP106"]


# Takes the arguments of DummyTraining, so that what it imports is all that can be wrong with it.
SCRIPT = """
import argparse
import os.path
from typing import TYPE_CHECKING
import yaml
from stepsmith import container
from stepsmith.container import entry
from stepsmith.container.archive.atomic import atomic_file
import stepsmith.container.archive
if TYPE_CHECKING:
    from stepsmith import ScriptContract
def main(parser):
    parser.add_argument("--pretrained-model-path")
    parser.add_argument("--output-dir")
"""


def script_that_also(tmp_path, statement):
    script = tmp_path / "script.py"
    script.write_text(f"{SCRIPT}    {statement}\n")
    return script


def test_a_script_may_import_container_and_what_is_not_of_its_own_packages(codes, tmp_path):
    assert codes(changed(script=script_that_also(tmp_path, "import pyarrow"))) == []


@pytest.mark.parametrize(
    "statement",
    [
        "import stepsmith",
        "import stepsmith.containers",
        "from stepsmith import entry_of_bytes",
        "from stepsmith.diagnostics import StepError",
        "from . import contract",
        "from .contract import MODEL_OUTPUT",
        pytest.param(f"import {__name__.partition('.')[0]}.contract", id="import of its own package"),
    ],
)
def test_an_import_of_what_does_not_travel_with_the_script_is_found(codes, tmp_path, statement):
    assert codes(changed(script=script_that_also(tmp_path, statement))) == ["STP111"]


def test_a_script_may_import_its_own_package_where_the_image_is_said_to_have_it(codes, tmp_path):
    own = __name__.partition(".")[0]
    script = script_that_also(tmp_path, f"import {own}.contract")
    assert codes(changed({"framework_requirements": {own.replace("_", "-"): ""}}, script=script)) == []
    assert codes(changed({"framework_requirements": {"another": ""}}, script=script)) == ["STP111"]


@pytest.mark.parametrize(
    "path",
    ["/srv/model", "/opt/ml/processing/input/code", "/opt/ml/processing/input/code/model", "/opt/ml/processing/input"],
)
def test_a_port_outside_its_place_or_on_another_is_found(codes, path):
    assert codes(changed({"expected_output_paths": {"model_output": path}})) == ["STP107"]


def test_two_outputs_of_which_one_is_a_prefix_of_the_other_are_found(codes):
    outputs = {**OUTPUTS, "model": "/opt/ml/processing/output/other"}
    offered = (*DUMMY_TRAINING_SPEC.outputs, OutputSpec(logical_name="model"))
    assert codes(changed({"expected_output_paths": outputs}, specification={"outputs": offered})) == ["STP108"]


@pytest.mark.parametrize("name", ["scripts/dummy.py", "dummy", "dummy.sh", "../x.py", pytest.param("", id="empty")])
def test_an_entry_point_that_is_no_file_name_is_found(codes, name):
    assert codes(changed({"entry_point": name})) == ["STP109"]


def test_a_builder_of_another_step_is_found(codes):
    assert codes(replace(changed(), builder_class=STEP.builder_class)) == ["STP110"]


def test_a_builder_that_was_given_no_layers_is_found(codes):
    class Builder(ProcessingStepBuilder):
        pass

    assert codes(replace(STEP, builder_class=Builder)) == ["STP106", "STP110"]


def test_a_config_without_the_fields_of_a_processing_step_is_found(codes):
    class Config(BasePipelineConfig):
        pretrained_model_path: str = ""

        @classmethod
        def get_script_contract(cls):
            return DUMMY_TRAINING_CONTRACT

    class Builder(DummyTrainingStepBuilder):
        config_class = Config

    assert codes(replace(STEP, config_class=Config, builder_class=Builder)) == ["STP110"]


def test_a_config_of_another_contract_is_found(codes):
    step = changed({"description": "another"})
    assert codes(replace(step, config_class=DummyTrainingConfig)) == ["STP110"]


def test_a_step_without_a_description_is_found(codes):
    assert codes(changed(description="")) == ["STP110"]


def test_a_finding_names_the_step_and_what_to_do(snapshot):
    (finding,) = align(changed({"entry_point": "x"}))
    assert finding.where == "DummyTraining"
    snapshot(finding)
    assert importlib.resources.files("stepsmith.steps.dummy_training").joinpath("script.py").is_file()
