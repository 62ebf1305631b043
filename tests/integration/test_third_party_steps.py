"""Steps of other packages: each below tests/third_party is installed by pip and used in a process of its own."""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

import stepsmith as public

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
IN_PYTHON = """
from stepsmith import DummyTrainingConfig, ModelPackagingConfig, Pipeline
from stepsmith_model_card.config import ModelCardConfig

pipeline = Pipeline("penguins", region="eu-west-1", pipeline_s3_loc="s3://my-bucket/penguins")
model = pipeline.add("model", DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz"))
package = pipeline.add("package", ModelPackagingConfig(code="inference/"), after=model)
card = ModelCardConfig(
    title="Palmer penguins",
    owner="ecology@example.org",
    intended_use="Tells the species of an adult penguin from four measurements.",
)
pipeline.add("card", card, after=package)
compiled = pipeline.compile()
"""
ALONE = """
from stepsmith import DummyTrainingConfig, Pipeline
pipeline = Pipeline("penguins", region="eu-west-1", pipeline_s3_loc="s3://my-bucket/penguins")
pipeline.add("model", DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz"))
pipeline.compile()
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
        copy = shutil.copytree(installed(name), tmp_path / "changed")
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
    return json.loads(done.stdout or "null")


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


def test_it_is_not_known_where_its_package_is_not_installed(carded, stepsmith):
    done = stepsmith("run", "pipeline.yaml", cwd=carded)
    assert done.status == 1
    assert "STP010 pipeline.yaml:8:11 steps.card.type: no step is named 'ModelCard'" in done.err


def test_python_makes_the_same_definition_of_it_as_yaml(carded, stepsmith_process, installed, beside):
    environment = beside(installed("model-card"))
    done = stepsmith_process("compile", "pipeline.yaml", cwd=carded, env=environment)
    assert done.status == 0, done.err
    assert answer(f"{IN_PYTHON}print(compiled.definition)", carded, environment) == json.loads(done.out)


def test_its_script_and_its_requirement_are_an_asset_that_the_definition_names(carded, installed, beside):
    program = f"""{IN_PYTHON}
import json
code = {{asset.uri: asset for asset in compiled.assets if "/model_card/code/" in asset.uri}}
told = {{uri: [asset.requirements, {{o.name: o.digest for o in asset.objects}}] for uri, asset in code.items()}}
print(json.dumps([json.loads(compiled.definition), told]))"""
    definition, told = answer(program, carded, beside(installed("model-card")))
    ((uri, (requirements, digests)),) = told.items()
    assert requirements == ["PyYAML"]
    assert digests["model_card.py"] == hashlib.sha256(SCRIPT.read_bytes()).hexdigest()
    assert {"stepsmith/__init__.py", "stepsmith/container/entry.py"} < set(digests)
    (card,) = [step["Arguments"] for step in definition["Steps"] if step["Name"] == "card"]
    assert [port["S3Input"]["S3Uri"] for port in card["ProcessingInputs"]] == [
        {"Get": "Steps.package.ProcessingOutputConfig.Outputs['packaged_model'].S3Output.S3Uri"},
        uri,
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


def test_a_mistake_in_its_fields_is_told_as_one_in_ours_is(carded, stepsmith_process, installed, beside):
    text = (carded / "pipeline.yaml").read_text()
    (carded / "pipeline.yaml").write_text(text.replace("    owner:", "    ownr:"))
    done = stepsmith_process("run", "pipeline.yaml", cwd=carded, env=beside(installed("model-card")))
    assert done.status == 1
    assert done.err == (
        "YML006 pipeline.yaml:10:5 steps.card.ownr: the key 'ownr' is not known here\n"
        "  |     ownr: ecology@example.org\n  |     ^\n  fix: did you mean 'owner'?\n"
    )


def test_a_requirement_that_is_not_installed_is_told_before_anything_runs(carded, stepsmith_process, changed, beside):
    package = changed("model-card", "contract.py", '"PyYAML"', '"no-such-package-anywhere"')
    done = stepsmith_process("run", "pipeline.yaml", cwd=carded, env=beside(package))
    assert done.status == 1
    assert done.err.startswith("RUN002 ")
    assert "'no-such-package-anywhere'" in done.err
    assert done.out == ""
    assert not (carded / ".stepsmith").exists()


def test_its_script_that_fails_says_why(carded, stepsmith_process, changed, beside):
    package = changed("model-card", "script.py", '"package.json")', '"nothing.json")')
    done = stepsmith_process("run", "pipeline.yaml", cwd=carded, env=beside(package))
    assert done.status == 1
    why = (
        "there is no /opt/ml/processing/input/packaged_model/nothing.json: take the packaged model from ModelPackaging"
    )
    assert why in done.err


def test_a_script_that_imports_its_own_package_is_refused_and_not_run(carded, stepsmith_process, changed, beside):
    """It would run on this machine, where the package is installed, and not in a container, where it is not."""
    own = "import yaml\nfrom stepsmith_model_card.contract import MODEL_CARD"
    package = changed("model-card", "script.py", "import yaml", own)
    done = stepsmith_process("run", "pipeline.yaml", cwd=carded, env=beside(package))
    assert done.status == 1
    assert done.err.startswith("STP111 pipeline.yaml:8:")
    assert "imports stepsmith_model_card.contract.MODEL_CARD" in done.err


# --- a step whose layers disagree ---


def test_one_whose_layers_disagree_is_refused_with_the_finding(counting, stepsmith_process, installed, beside):
    done = stepsmith_process("run", "pipeline.yaml", cwd=counting, env=beside(installed("misaligned")))
    assert done.status == 1
    assert done.err.startswith("STP103 pipeline.yaml:7:11 ")
    what = "the output 'summary' is in the specification and not in the contract (a step of stepsmith-misaligned)"
    assert what in done.err
    assert not (counting / ".stepsmith").exists()


def test_it_runs_when_its_layers_agree(counting, stepsmith_process, changed, beside):
    package = changed("misaligned", "step.py", '        OutputSpec(logical_name="summary"),\n', "")
    done = stepsmith_process("run", "pipeline.yaml", cwd=counting, env=beside(package))
    assert done.status == 0, done.err
    assert the_file(counting, "count.txt").read_text() == "1\n"


def test_it_hinders_no_pipeline_that_does_not_use_it(carded, stepsmith_process, installed, beside):
    environment = beside(installed("model-card"), installed("misaligned"))
    done = stepsmith_process("run", "pipeline.yaml", cwd=carded, env=environment)
    assert done.status == 0, done.err
    assert answer(ALONE, carded, environment) is None


def test_its_name_is_known_and_its_declaration_is_not_given(tmp_path, installed, beside):
    program = """
import json
from stepsmith import STEP_NAMES, StepsmithError, get_spec_step_type
try:
    get_spec_step_type("SampleCount")
except StepsmithError as error:
    print(json.dumps(["SampleCount" in STEP_NAMES, error.code]))"""
    assert answer(program, tmp_path, beside(installed("misaligned"))) == [True, "STP103"]


# --- a step with the name of one of ours ---


def test_one_that_takes_the_name_of_ours_is_refused_with_both_packages(example, stepsmith_process, installed, beside):
    done = stepsmith_process("run", "pipeline.yaml", cwd=example, env=beside(installed("clashing")))
    assert done.status == 1
    assert done.err.startswith("STP011 ")
    assert "two steps are named 'Payload': one of stepsmith_process, one of stepsmith-clashing" in done.err
    assert not (example / ".stepsmith").exists()


def test_it_hinders_no_pipeline_without_a_step_of_that_name(carded, stepsmith_process, installed, beside):
    done = stepsmith_process(
        "compile", "pipeline.yaml", cwd=carded, env=beside(installed("clashing"), installed("model-card"))
    )
    assert done.status == 0, done.err


def test_it_is_taken_where_its_name_is_its_own(tmp_path, installed, beside):
    """What is refused is the name alone: the step itself fits."""
    program = """
import json
from stepsmith import RegistryManager
from importlib.metadata import entry_points
from stepsmith.registry import GROUP, read_tables
tables = [table for table in read_tables(entry_points(group=GROUP))[0] if table.package == "stepsmith-clashing"]
print(json.dumps(RegistryManager(tables=tables).get("Payload").description))"""
    said = answer(program, tmp_path, beside(installed("clashing")))
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


def test_the_package_passes_a_strict_type_check(tmp_path):
    """Typed as Stepsmith says it is typed: who copies the package has no complaint to silence."""
    source = shutil.copytree(THIRD_PARTY / "model-card" / "src", tmp_path / "src")
    command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path / 'cache'}", source]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
