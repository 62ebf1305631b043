"""Steps of other packages: each below tests/third_party is installed and used beside ours."""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml

import stepsmith as public
from stepsmith.registry import GROUP, read_tables
from support.texts import record_of_json

THIRD_PARTY = Path(__file__).parent.parent / "third_party"
SCRIPT = THIRD_PARTY / "model-card" / "src" / "stepsmith_model_card" / "script.py"

COUNTING = """
name: penguins
region: eu-west-1
pipeline_s3_loc: s3://my-bucket/penguins
steps:
  payload: {type: Payload, samples: data/penguins.csv}
  count: {type: SampleCount, inputs: {samples: payload.payload_samples}}
"""


@pytest.fixture
def carded(example):
    """The example with the pipeline of the package model-card in the place of its own."""
    shutil.copy(THIRD_PARTY / "model-card" / "pipeline.yaml", example)
    return example


@pytest.fixture
def counting(example):
    """The example with a pipeline that has the step of the package misaligned."""
    (example / "pipeline.yaml").write_text(COUNTING)
    return example


@pytest.fixture
def changed(installed, tmp_path):
    """A copy of an installed package with one text in one of its files replaced."""

    def change(name, file, old, new):
        copy = shutil.copytree(installed(name), tmp_path / "changed", ignore=shutil.ignore_patterns("__pycache__"))
        (path,) = copy.glob(f"*/{file}")
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))
        return copy

    return change


def answer(program, folder, environment):
    """What a Python program prints, as the JSON that it is."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def in_python(folder):
    """The pipeline of the package model-card, as it is written in Python."""
    from stepsmith_model_card.step import ModelCardConfig  # noqa: PLC0415 - it is there once it is installed

    pipeline = public.Pipeline(
        "penguins", region="eu-west-1", pipeline_s3_loc="s3://my-bucket/penguins", base_dir=folder
    )
    model = pipeline.add("model", public.DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz"))
    package = pipeline.add("package", public.ModelPackagingConfig(code="inference/"), after=model)
    card = ModelCardConfig(
        title="Palmer penguins",
        owner="ecology@example.org",
        intended_use="Tells the species of an adult penguin from four measurements.",
    )
    pipeline.add("card", card, after=package)
    return pipeline


def found(done):
    """(code, where, at) of each finding in the JSON document that a command printed."""
    return list(map(record_of_json, json.loads(done.out)["findings"]))


def the_file(folder, name):
    (found,) = (folder / ".stepsmith" / "objects").rglob(name)
    return found


# --- a step that fits ---


def test_it_runs_beside_ours_and_leaves_what_it_is_for(carded, stepsmith_process, installed, beside):
    done = stepsmith_process("run", "pipeline.yaml", "--json", cwd=carded, env=beside(installed("model-card")))
    assert done.status == 0, done.err
    assert [step["name"] for step in json.loads(done.out)["steps"]] == ["model", "package", "card"]
    package = the_file(carded, "packaged_model") / "model.tar.gz"
    with tarfile.open(package) as archive:
        files = [member.name for member in archive if member.isfile()]
    assert yaml.safe_load(the_file(carded, "card.yaml").read_text()) == {
        "title": "Palmer penguins",
        "owner": "ecology@example.org",
        "intended_use": "Tells the species of an adult penguin from four measurements.",
        "package_sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
        "package_size_bytes": package.stat().st_size,
        "files": len(files),
    }


def test_it_is_not_known_where_its_package_is_not_installed(carded, stepsmith, snapshot):
    done = stepsmith("run", "pipeline.yaml", "--json", cwd=carded)
    assert (done.status, found(done)) == (1, [("STP010", "steps.card.type", "pipeline.yaml:8:11")])
    snapshot(done.err)


def test_python_makes_the_same_definition_of_it_as_yaml(carded, stepsmith, installed, packages):
    packages(installed("model-card"))
    done = stepsmith("compile", "pipeline.yaml", cwd=carded)
    assert done.status == 0, done.err
    assert json.loads(in_python(carded).compile().definition) == json.loads(done.out)


def test_its_script_and_its_requirement_are_an_asset_that_the_definition_names(carded, installed, packages):
    packages(installed("model-card"))
    compiled = in_python(carded).compile()
    (code,) = [asset for asset in compiled.assets if "/model_card/code/" in asset.uri]
    assert list(code.requirements) == ["PyYAML"]
    digests = {one.name: one.digest for one in code.objects}
    assert digests["model_card.py"] == hashlib.sha256(SCRIPT.read_bytes()).hexdigest()
    assert {"stepsmith/__init__.py", "stepsmith/container/entry.py"} < set(digests)
    (card,) = [step["Arguments"] for step in json.loads(compiled.definition)["Steps"] if step["Name"] == "card"]
    assert [port["S3Input"]["S3Uri"] for port in card["ProcessingInputs"]] == [
        {"Get": "Steps.package.ProcessingOutputConfig.Outputs['packaged_model'].S3Output.S3Uri"},
        code.uri,
    ]
    assert card["AppSpecification"]["ContainerEntrypoint"][-1] == "/opt/ml/processing/input/code/model_card.py"


def test_the_public_names_know_it(tmp_path, installed, beside):
    program = """
import json
from stepsmith import STEP_NAMES, get_spec_step_type
print(json.dumps([sorted(STEP_NAMES), STEP_NAMES["ModelCard"], get_spec_step_type("ModelCard")]))"""
    names, entry, spec_type = answer(program, tmp_path, beside(installed("model-card")))
    assert names == sorted([*public.STEP_NAMES, "ModelCard"])
    assert entry == {
        "config_class": "ModelCardConfig",
        "builder_step_name": "ModelCardStep",
        "spec_type": "ModelCard",
        "description": "Writes a card.yaml that says what a packaged model is, and who answers for it.",
    }
    assert spec_type == "ModelCard"


def test_a_mistake_in_its_fields_is_told_as_one_in_ours_is(carded, stepsmith, installed, packages, snapshot):
    packages(installed("model-card"))
    text = (carded / "pipeline.yaml").read_text()
    (carded / "pipeline.yaml").write_text(text.replace("    owner:", "    ownr:"))
    done = stepsmith("run", "pipeline.yaml", "--json", cwd=carded)
    assert (done.status, found(done)) == (1, [("YML006", "steps.card.ownr", "pipeline.yaml:10:5")])
    snapshot(done.err)


def test_a_requirement_that_is_not_installed_is_told_before_anything_runs(
    carded, stepsmith, changed, packages, snapshot
):
    packages(changed("model-card", "step.py", '"PyYAML"', '"no-such-package-anywhere"'))
    done = stepsmith("run", "pipeline.yaml", cwd=carded)
    assert (done.status, done.out, done.codes) == (1, "", ["RUN002"])
    snapshot(done.err)
    assert not (carded / ".stepsmith").exists()


def test_its_script_that_fails_says_why(carded, stepsmith, changed, packages, snapshot):
    packages(changed("model-card", "script.py", '"package.json")', '"nothing.json")'))
    done = stepsmith("run", "pipeline.yaml", "--json", cwd=carded)
    assert (done.status, found(done)) == (1, [("RUN044", "steps.card", "pipeline.yaml:7:3")])
    (card,) = [step for step in json.loads(done.out)["steps"] if step["name"] == "card"]
    snapshot(card["reason"])


def test_a_script_that_imports_its_own_package_is_refused_and_not_run(carded, stepsmith, changed, packages, snapshot):
    """It would run on this machine, where the package is installed, and not in a container, where it is not."""
    own = "import yaml\nfrom stepsmith_model_card.step import MODEL_CARD"
    packages(changed("model-card", "script.py", "import yaml", own))
    done = stepsmith("run", "pipeline.yaml", "--json", cwd=carded)
    assert (done.status, found(done)) == (1, [("STP111", "steps.card.type.ModelCard", "pipeline.yaml:8:11")])
    snapshot(done.err)


# --- a step whose layers disagree ---


def test_one_whose_layers_disagree_is_refused_with_the_finding(counting, stepsmith, installed, packages, snapshot):
    packages(installed("misaligned"))
    done = stepsmith("run", "pipeline.yaml", "--json", cwd=counting)
    assert (done.status, found(done)) == (1, [("STP103", "steps.count.type.SampleCount", "pipeline.yaml:7:17")])
    snapshot(done.err)
    assert not (counting / ".stepsmith").exists()


def test_it_runs_when_its_layers_agree(counting, stepsmith, changed, packages):
    packages(changed("misaligned", "step.py", '        OutputSpec(logical_name="summary"),\n', ""))
    done = stepsmith("run", "pipeline.yaml", cwd=counting)
    assert done.status == 0, done.err
    assert the_file(counting, "count.txt").read_text() == "1\n"


def test_it_hinders_no_pipeline_that_does_not_use_it(carded, stepsmith, installed, packages):
    packages(installed("model-card"), installed("misaligned"))
    done = stepsmith("run", "pipeline.yaml", cwd=carded)
    assert done.status == 0, done.err
    pipeline = public.Pipeline(
        "penguins", region="eu-west-1", pipeline_s3_loc="s3://my-bucket/penguins", base_dir=carded
    )
    pipeline.add("model", public.DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz"))
    assert pipeline.compile().definition


def test_its_name_is_known_and_its_declaration_is_not_given(installed, packages, expect_error):
    packages(installed("misaligned"))
    assert "SampleCount" in public.RegistryManager().names()
    with expect_error("STP103", "SampleCount"):
        public.get_spec_step_type("SampleCount")


# --- a step with the name of one of ours ---


def test_one_that_takes_the_name_of_ours_is_refused_with_both_packages(
    example, stepsmith, installed, packages, snapshot
):
    packages(installed("clashing"))
    done = stepsmith("run", "pipeline.yaml", "--json", cwd=example)
    assert (done.status, found(done)) == (1, [("STP011", "steps.payload.type", "pipeline.yaml:23:11")])
    snapshot(done.err)
    assert not (example / ".stepsmith").exists()


def test_it_hinders_no_pipeline_without_a_step_of_that_name(carded, stepsmith, installed, packages):
    packages(installed("clashing"), installed("model-card"))
    done = stepsmith("compile", "pipeline.yaml", cwd=carded)
    assert done.status == 0, done.err


def test_it_is_taken_where_its_name_is_its_own(installed, packages):
    """What is refused is the name alone: the step itself fits."""
    packages(installed("clashing"))
    tables = [table for table in read_tables(entry_points(group=GROUP))[0] if table.package == "stepsmith-clashing"]
    said = public.RegistryManager(tables=tables).get("Payload").description
    assert said == "Makes sample requests, as another package would have them made."


# --- what these packages show ---


@pytest.mark.parametrize("path", sorted(THIRD_PARTY.rglob("*.py")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_third_party_step_needs_the_public_names_alone(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert not [alias for alias in node.names if alias.name.startswith("stepsmith.")]
        elif isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "stepsmith":
            of_container = path.name == "script.py" and node.module.startswith("stepsmith.container")
            assert of_container or {alias.name for alias in node.names} <= set(public.__all__)
            assert of_container or node.module == "stepsmith"


def test_the_package_passes_a_strict_type_check(mypy, tmp_path):
    """Typed as Stepsmith says it is typed: who copies the package has no complaint to silence."""
    status, said = mypy(shutil.copytree(THIRD_PARTY / "model-card" / "src", tmp_path / "src"))
    assert status == 0, said
