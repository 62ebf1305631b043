"""Every script of ours on the older Pythons of SageMaker's images: the same bytes as from the Python of these tests."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from stepsmith.pipeline.load import load_pipeline
from stepsmith.registry import RegistryManager, StepTable
from stepsmith.steps import TABLE

if TYPE_CHECKING:
    from pathlib import Path

OLDER = ("3.8", "3.9")
ML_ROOT = "/opt/ml"
# Nothing but the standard library is found, nothing is written beside the script, and a warning is an error.
ISOLATED = ("-S", "-s", "-E", "-B", "-W", "error")
OUTPUT = re.compile(r"Steps\.([\w-]+)\.ProcessingOutputConfig\.Outputs\['(\w+)'\]\.S3Output\.S3Uri")
# The pipelines whose steps are run: the example's own, and one that goes the other way wherever a script has two.
PIPELINES = {
    "the example": None,
    "the other way": """
name: other
region: eu-west-1
pipeline_s3_loc: s3://my-bucket/other
steps:
  prepare: {type: TabularPreprocessing, data: data/, label: species, stratify: true, seed: 7, test_ratio: 0.15}
  model:   {type: DummyTraining, pretrained_model_path: models/unpacked, after: prepare}
  package: {type: ModelPackaging, code: inference/, after: model}
  payload:
    type: Payload
    samples: requests.jsonl
    content_types: [text/csv, application/json, application/jsonlines]
    count: 3
""",
}


@dataclass(frozen=True)
class Container:
    """A step as it is laid out in its container, of which `root` stands for `/`."""

    root: Path
    arguments: dict

    def path(self, place):
        return self.root / place.lstrip("/")

    def seen(self, text):
        return text.replace(ML_ROOT, str(self.path(ML_ROOT))) if text.startswith(f"{ML_ROOT}/") else text

    def run(self, python):
        application = self.arguments["AppSpecification"]
        entry_point, *given = (*application["ContainerEntrypoint"][1:], *application.get("ContainerArguments", ()))
        return subprocess.run(
            [python, *ISOLATED, self.seen(entry_point), *map(self.seen, given)],
            cwd=self.root,
            env={"STEPSMITH_ML_ROOT": str(self.path(ML_ROOT)), **self.arguments.get("Environment", {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def outputs(self):
        """The folder of each output, by its name."""
        outputs = self.arguments["ProcessingOutputConfig"]["Outputs"]
        return {output["OutputName"]: self.path(output["S3Output"]["LocalPath"]) for output in outputs}

    @property
    def reason(self):
        """The failure reason that it left."""
        return self.path(f"{ML_ROOT}/output/message").read_text(encoding="utf-8")


def laid_out(step, assets, left, root):
    """A step with its code and its inputs where its script finds them; `left` has the outputs of the steps before."""
    container = Container(root, step["Arguments"])
    for port in container.arguments["ProcessingInputs"]:
        folder, uri = container.path(port["S3Input"]["LocalPath"]), port["S3Input"]["S3Uri"]
        if isinstance(uri, dict):
            shutil.copytree(left[OUTPUT.fullmatch(uri["Get"]).groups()], folder)
            continue
        for item in assets[uri].objects:
            path = folder / item.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(item.chunks()))
    for folder in container.outputs.values():
        folder.mkdir(parents=True)
    return container


def processing_steps(compiled):
    return [step for step in json.loads(compiled.definition)["Steps"] if step["Type"] == "Processing"]


def run_all(compiled, python, root):
    """The bytes of every file that the steps leave, by step, output and name; each reads what those before it left."""
    assets = {asset.uri: asset for asset in compiled.assets}
    left = {}
    for step in processing_steps(compiled):
        container = laid_out(step, assets, left, root / step["Name"])
        done = container.run(python)
        assert (done.returncode, done.stderr) == (0, ""), (step["Name"], done.stdout, done.stderr)
        left |= {(step["Name"], output): folder for output, folder in container.outputs.items()}
    return {
        (*place, path.relative_to(folder).as_posix()): path.read_bytes()
        for place, folder in left.items()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def compiled(example):
    """Compiles one of PIPELINES in the folder of the example."""
    with tarfile.open(example / "models" / "penguins.tar.gz") as archive:
        archive.extractall(example / "models" / "unpacked", filter="data")
    # A model that holds inference code already, which packaging replaces.
    (example / "models" / "unpacked" / "code").mkdir()
    (example / "models" / "unpacked" / "code" / "inference.py").write_text("def model_fn(model_dir): ...\n")
    rows = [{"island": "Ærø", "mass_g": 3750.0, "sex": None}, {"island": "Dream", "mass_g": 1e-7, "sex": "male, 1y"}]
    (example / "requests.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))

    def compile_pipeline(name):
        path = example / "pipeline.yaml"
        if PIPELINES[name]:
            path.write_text(PIPELINES[name])
        return load_pipeline(path, environment={}).compile()

    return compile_pipeline


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_every_script_is_run(compiled, pipeline):
    registry = RegistryManager(tables=[StepTable("stepsmith", TABLE)])
    contracts = {name: registry.get(name).specification.script_contract for name in registry.names()}
    scripts = {contract.entry_point: name for name, contract in contracts.items() if contract}
    applications = [step["Arguments"]["AppSpecification"] for step in processing_steps(compiled(pipeline))]
    run = {application["ContainerEntrypoint"][-1].rpartition("/")[2] for application in applications}
    missing = [scripts[entry_point] for entry_point in sorted(set(scripts) - run)]
    assert not missing, f"add a step of type {' and of '.join(missing)} to {pipeline!r} in PIPELINES"


@pytest.fixture(scope="module")
def left_here():
    """What the steps of each pipeline leave on the Python of these tests, once they have been run there."""
    return {}


@pytest.mark.parametrize("pipeline", PIPELINES)
@pytest.mark.parametrize("minor", OLDER)
def test_every_script_leaves_the_same_bytes(minor, pipeline, compiled, python_of, left_here, tmp_path):
    python, declared = python_of(minor), compiled(pipeline)
    if pipeline not in left_here:
        left_here[pipeline] = run_all(declared, sys.executable, tmp_path / "here")
    here = left_here[pipeline]
    there = run_all(declared, python, tmp_path / "there")
    assert {name for name, _, _ in here} == {step["Name"] for step in processing_steps(declared)}
    assert sorted(there) == sorted(here)
    assert [place for place, content in here.items() if there[place] != content] == []


@pytest.mark.parametrize("minor", OLDER)
def test_a_script_that_fails_says_the_same(minor, compiled, python_of, tmp_path, snapshot):
    python = python_of(minor)
    pipeline = compiled("the example")
    (step,) = [step for step in processing_steps(pipeline) if step["Name"] == "model"]
    assets = {asset.uri: asset for asset in pipeline.assets}
    reasons = []
    for interpreter in (python, sys.executable):
        container = laid_out(step, assets, {}, tmp_path / f"run-{len(reasons)}")
        (model,) = container.path(ML_ROOT).rglob("model.tar.gz")
        model.write_bytes(model.read_bytes()[:-20])
        done = container.run(interpreter)
        assert (done.returncode, done.stderr) == (1, "")
        assert " ERROR " in done.stdout.splitlines()[-1]
        assert done.stdout.splitlines()[-1].endswith(container.reason)
        assert [*container.outputs["model_output"].iterdir()] == []
        reasons.append(container.reason)
    assert reasons[0] == reasons[1]
    assert reasons[0].split()[0] == "ARC002"
    snapshot(reasons[0])
