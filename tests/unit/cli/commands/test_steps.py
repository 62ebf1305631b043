from __future__ import annotations

import json
import sys

import pytest
import yaml

from stepsmith.pipeline.load import load_pipeline
from stepsmith.registry import GROUP
from stepsmith.steps import TABLE

PACKAGES = {
    "acme": {"AcmeCount": "acme.count:STEP"},
    "gone": None,
    "clash": {"Payload": "stepsmith.steps.payload:STEP"},
}


@pytest.fixture
def others(tmp_path, monkeypatch):
    """Packages of others, all of them broken in their own way, that are found beside what is installed."""
    folder = tmp_path / "installed"
    for name, table in PACKAGES.items():
        if table is not None:
            (folder / name).mkdir(parents=True)
            (folder / name / "__init__.py").write_text(f"TABLE = {table!r}\n")
        about = folder / f"{name}-1.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-steps\nVersion: 1\n")
        (about / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {name}:TABLE\n")
    monkeypatch.syspath_prepend(folder)
    yield
    for name in PACKAGES:
        sys.modules.pop(name, None)


def test_the_steps_are_listed_with_package_and_description(stepsmith, snapshot):
    for arguments in (["steps"], ["steps", "list"]):
        heading, *lines = stepsmith(*arguments).out.splitlines()
        assert heading.split() == ["name", "package", "description"]
        assert {line.split()[0] for line in lines if line.split()[1] == "stepsmith"} == set(TABLE)
    snapshot(next(line for line in lines if line.startswith("Payload ")))


def test_as_json_they_are_listed_with_the_faults_of_others(stepsmith):
    listed = json.loads(stepsmith("steps", "--json").out)
    assert {one["name"] for one in listed["steps"]} >= set(TABLE)
    assert all(one.keys() == {"name", "package", "description"} for one in listed["steps"])
    assert listed["findings"] == []


@pytest.mark.usefixtures("others")
def test_broken_steps_of_others_are_told_with_their_reason_and_hinder_no_other(stepsmith, snapshot):
    done = stepsmith("steps")
    assert (done.status, done.err) == (0, "")
    good, bad = done.out.split("\n\n")
    assert {line.split()[0] for line in good.splitlines()[1:]} >= set(TABLE) - {"Payload"}
    snapshot(bad)
    told = json.loads(stepsmith("steps", "--json").out)
    assert sorted(one["code"] for one in told["findings"]) == ["STP011", "STP012", "STP012"]


@pytest.mark.usefixtures("others")
def test_a_good_step_is_shown_beside_broken_ones_and_a_broken_one_says_why_it_is_not(stepsmith, snapshot):
    assert stepsmith("steps", "show", "DummyTraining").status == 0
    # A step that nobody has may be in the package that cannot be read.
    for name, codes in (("AcmeCount", ["STP012"]), ("Payload", ["STP011"]), ("AcmeCuont", ["STP010", "STP012"])):
        done = stepsmith("steps", "show", name)
        assert (done.status, done.out, done.codes) == (1, "", codes)
        snapshot(done.err)


def test_a_step_that_is_not_there_is_told_with_the_nearest(stepsmith, snapshot):
    done = stepsmith("steps", "show", "DumyTraining")
    assert (done.status, done.out, done.codes) == (1, "", ["STP010"])
    snapshot(done.err)


def test_a_step_in_the_place_of_a_subcommand_is_wrong_usage(stepsmith, snapshot):
    done = stepsmith("steps", "Payload")
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)


@pytest.mark.parametrize("subcommand", ["list", "show"])
def test_every_subcommand_has_help_with_an_example(stepsmith, subcommand, snapshot):
    done = stepsmith("steps", subcommand, "--help")
    assert done.out.count(f"stepsmith steps {subcommand}") > 1  # in its usage, and in an example
    snapshot(done.out)


def test_a_step_is_shown_with_what_it_needs_and_offers_and_its_fields(stepsmith, snapshot):
    shown = stepsmith("steps", "show", "Payload").out
    assert shown.index("\n  count:") < shown.index("\n  instance_type:")
    snapshot(shown)


@pytest.mark.parametrize(("name", "lacks"), [("ModelRegistration", "offers"), ("TabularPreprocessing", "needs")])
def test_what_a_step_lacks_is_said(stepsmith, snapshot, name, lacks):
    assert json.loads(stepsmith("steps", "show", name, "--json").out)[lacks] == []
    snapshot("\n".join(line for line in stepsmith("steps", "show", name).out.splitlines() if line.startswith(lacks)))


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
