from __future__ import annotations

import json
import os

import pytest
import yaml

from stepsmith.pipeline.document import load_pipeline
from stepsmith.registry import GROUP
from stepsmith.steps import TABLE

PACKAGES = {
    "acme": {"AcmeCount": "acme.count:STEP"},
    "gone": None,
    "clash": {"Payload": "stepsmith.steps.payload:STEP"},
}


@pytest.fixture
def others(tmp_path):
    """The environment of a process in which packages of others are installed, all of them broken in their own way."""
    folder = tmp_path / "installed"
    for name, table in PACKAGES.items():
        if table is not None:
            (folder / name).mkdir(parents=True)
            (folder / name / "__init__.py").write_text(f"TABLE = {table!r}\n")
        about = folder / f"{name}-1.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-steps\nVersion: 1\n")
        (about / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {name}:TABLE\n")
    return {**os.environ, "PYTHONPATH": str(folder)}


def test_the_steps_are_listed_with_package_and_description(stepsmith):
    for arguments in (["steps"], ["steps", "list"]):
        heading, *lines = stepsmith(*arguments).out.splitlines()
        assert heading.split() == ["name", "package", "description"]
        assert {line.split()[0] for line in lines if line.split()[1] == "stepsmith"} == set(TABLE)
        assert next(line for line in lines if line.startswith("Payload ")).endswith("as one payload.tar.gz.")


def test_as_json_they_are_listed_with_the_faults_of_others(stepsmith):
    listed = json.loads(stepsmith("steps", "--json").out)
    assert {one["name"] for one in listed["steps"]} >= set(TABLE)
    assert all(one.keys() == {"name", "package", "description"} for one in listed["steps"])
    assert listed["findings"] == []


def test_broken_steps_of_others_are_told_with_their_reason_and_hinder_no_other(stepsmith_process, others):
    done = stepsmith_process("steps", env=others)
    assert (done.status, done.err) == (0, "")
    good, bad = done.out.split("\nwhat cannot be used:\n")
    assert {line.split()[0] for line in good.splitlines()[1:]} >= set(TABLE) - {"Payload"}
    for told in (
        "STP012 the step 'AcmeCount' of acme-steps cannot be loaded from acme.count:STEP: No module named 'acme.count'",
        "STP012 the steps of gone-steps cannot be loaded from gone:TABLE: No module named 'gone'",
        "STP011 two steps are named 'Payload'",
        "  fix: repair or uninstall the package",
    ):
        assert told in bad
    told = json.loads(stepsmith_process("steps", "--json", env=others).out)
    assert sorted(one["code"] for one in told["findings"]) == ["STP011", "STP012", "STP012"]


def test_a_good_step_is_shown_beside_broken_ones_and_a_broken_one_says_why_it_is_not(stepsmith_process, others):
    assert stepsmith_process("steps", "show", "DummyTraining", env=others).status == 0
    for name, code in (("AcmeCount", "STP012"), ("Payload", "STP011"), ("AcmeCuont", "STP010")):
        done = stepsmith_process("steps", "show", name, env=others)
        assert (done.status, done.out, done.err.split()[0]) == (1, "", code)
    # A step that nobody has may be in the package that cannot be read.
    assert "STP012 the steps of gone-steps cannot be loaded" in done.err


def test_a_step_that_is_not_there_is_told_with_the_nearest(stepsmith):
    done = stepsmith("steps", "show", "DumyTraining")
    assert (done.status, done.out) == (1, "")
    assert done.err == "STP010 no step is named 'DumyTraining'\n  fix: did you mean 'DummyTraining'?\n"


def test_a_step_in_the_place_of_a_subcommand_is_wrong_usage(stepsmith):
    done = stepsmith("steps", "Payload")
    assert (done.status, "to see a step: stepsmith steps show Payload" in done.err) == (2, True)


@pytest.mark.parametrize("subcommand", ["list", "show"])
def test_every_subcommand_has_help_with_an_example(stepsmith, subcommand):
    assert f"Example: stepsmith steps {subcommand}" in stepsmith("steps", subcommand, "--help").out


def test_a_step_is_shown_with_what_it_needs_and_offers_and_its_fields(stepsmith):
    shown = stepsmith("steps", "show", "Payload").out
    for told in (
        "Payload, from stepsmith\nMakes sample requests",
        "\nneeds:\n  samples: required\n      A folder of CSV",
        "Filled by its field samples, by TabularPreprocessing.test, or by any output of that name or alias.\n",
        "\noffers:\n  payload_samples\n",
        "Fills inputs named GeneratedPayloadSamples too.\n",
        "  content_types: list, at least 1, each one of text/csv, application/json, application/jsonlines; default [",
        "  count: whole number, 1 to 1000, or a parameter; default 5\n      How many",
        "  samples: path or S3 URI, or a parameter\n",
        "Example: samples.csv\n",
        "  enable_network_isolation: true or false, or a parameter; default false\n",
    ):
        assert told in shown
    assert shown.index("its own fields") < shown.index("  count:") < shown.index("fields that other steps have too")
    assert shown.index("fields that other steps have too") < shown.index("  instance_type:")


def test_what_a_step_lacks_is_said(stepsmith):
    assert "\noffers nothing to other steps\n" in stepsmith("steps", "show", "ModelRegistration").out
    assert "\nneeds nothing from other steps\n" in stepsmith("steps", "show", "TabularPreprocessing").out


def test_as_json_a_step_is_plain_data(stepsmith):
    shown = json.loads(stepsmith("steps", "show", "ModelPackaging", "--json").out)
    assert (shown["name"], shown["package"]) == ("ModelPackaging", "stepsmith")
    assert shown["needs"][0]["outputs"] == ["DummyTraining.model_output"]
    assert shown["offers"][0]["aliases"] == ["PackagedModel"]
    assert shown["fields"][0] == {
        "name": "code",
        "type": "path or S3 URI, or a parameter",
        "required": True,
        "default": None,
        "example": "inference/",
        "description": "The inference code: a folder, a file or an S3 URI; it is put under code/.",
    }
    assert shown["example"] == {
        "model-packaging": {"type": "ModelPackaging", "code": "inference/", "after": ["dummy-training"]}
    }


@pytest.mark.parametrize("name", TABLE)
def test_the_example_as_it_is_printed_is_read_as_a_step_of_a_pipeline(stepsmith, tmp_path, name):
    shown = stepsmith("steps", "show", name).out
    example = shown.partition("example, under `steps:` in pipeline.yaml:\n")[2]
    step = next(iter(yaml.safe_load(example).values()))
    after = step.get("after", [])
    model = "{type: DummyTraining, pretrained_model_path: s3://bucket/model.tar.gz}"
    before = "".join(f"  {other}: {model}\n" for other in after)
    head = yaml.safe_dump({"name": "p", "region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/p"})
    (tmp_path / "pipeline.yaml").write_text(f"{head}steps:\n{example}{before}")
    assert step["type"] == name
    assert len(load_pipeline(tmp_path / "pipeline.yaml").steps) == 1 + len(after)
