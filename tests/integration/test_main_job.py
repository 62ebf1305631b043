"""The main job, from YAML and from Python: preprocessing, DummyTraining, packaging, payload, registration."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import tarfile
from pathlib import Path

import pytest

import stepsmith
from stepsmith import (
    DummyTrainingConfig,
    ModelPackagingConfig,
    ModelRegistrationConfig,
    PayloadConfig,
    Pipeline,
    TabularPreprocessingConfig,
    load_pipeline,
)

GOLDEN = Path(__file__).parent.parent / "golden" / "penguins"
SHARED = {
    "subnets": ["subnet-1"], "security_group_ids": ["sg-1"], "volume_kms_key": "alias/key", "tags": {"team": "risk"},
    "cache": {"expire_after": "P30D"}, "retry": [{"exception_types": ["Step.THROTTLING"], "max_attempts": 3}],
    "instance_type": "ml.m5.large",
}  # fmt: skip


@pytest.fixture
def golden(example):
    shutil.copy(GOLDEN / "pipeline.yaml", example / "golden.yaml")
    return example / "golden.yaml"


def in_python(folder):
    """The golden pipeline, as it is written in Python."""
    pipeline = Pipeline(
        "golden",
        region="eu-west-1",
        role="arn:aws:iam::123456789012:role/SageMakerPipelines",
        pipeline_s3_loc="s3://my-bucket/golden",
        defaults=SHARED,
        base_dir=folder,
    )
    approval = pipeline.parameter("Approval", "String", "PendingManualApproval")
    prepare = pipeline.add("prepare", TabularPreprocessingConfig(data="data/*.csv", label="species"))
    model = pipeline.add("model", DummyTrainingConfig(pretrained_model_path="models/penguins.tar.gz"), after=[prepare])
    package = pipeline.add("package", ModelPackagingConfig(code="inference/"), after=[model])
    payload = pipeline.add("payload", PayloadConfig(), after=[prepare, package])
    register = ModelRegistrationConfig(
        group="golden",
        approval_status=approval,
        image_uri="123456789012.dkr.ecr.eu-west-1.amazonaws.com/serve:1",
        content_types=["text/csv"],
        instance_types=["ml.m5.large"],
    )
    pipeline.add("register", register, after=[package, payload])
    return pipeline


def without_code_digests(definition):
    """The definition with the digest of our own scripts left out: it changes with every line of them."""
    return re.sub(r"/code/[0-9a-f]{64}/", "/code/DIGEST/", json.dumps(json.loads(definition), indent=2)) + "\n"


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_yaml_and_python_compile_to_the_golden_definition(golden, request):
    from_yaml = load_pipeline(golden).compile()
    assert in_python(golden.parent).compile().definition == from_yaml.definition
    written = without_code_digests(from_yaml.definition)
    if request.config.getoption("--update-golden"):
        (GOLDEN / "definition.json").write_text(written)
    assert written == (GOLDEN / "definition.json").read_text()


@pytest.mark.parametrize("load", [load_pipeline, lambda path: in_python(path.parent)], ids=["yaml", "python"])
def test_a_model_goes_from_a_folder_to_the_registry(golden, tmp_path, load):
    run = stepsmith.local.run(load(golden).compile(), store=tmp_path / "store")
    assert (run.status, [step.name for step in run.steps]) == (
        "Succeeded",
        ["prepare", "model", "package", "payload", "register"],
    )
    (package,) = run.packages
    properties = package["CustomerMetadataProperties"]
    assert properties["source_sha256"] == sha256(golden.parent / "models" / "penguins.tar.gz")
    assert properties["package_sha256"] == sha256(package_of(run, package))
    assert properties["source"] == "models/penguins.tar.gz"
    assert (package["ModelPackageVersion"], package["ModelApprovalStatus"]) == (1, "PendingManualApproval")
    (registered,) = stepsmith.local.ModelRegistry(run.store.database).packages("golden")
    assert registered == package


def test_two_runs_register_two_versions_and_both_objects_keep_their_digests(golden, tmp_path):
    compiled = load_pipeline(golden).compile()
    runs = [stepsmith.local.run(compiled, store=tmp_path / "store") for _ in range(2)]
    packages = stepsmith.local.ModelRegistry(runs[0].store.database).packages()
    assert [package["ModelPackageVersion"] for package in packages] == [1, 2]
    paths = {package_of(runs[0], package) for package in packages}
    assert len(paths) == 2
    for package in packages:
        assert package["CustomerMetadataProperties"]["package_sha256"] == sha256(package_of(runs[0], package))


def test_the_packaged_model_serves_and_answers_the_sample_payloads(example, tmp_path):
    run = stepsmith.local.run(load_pipeline(example / "pipeline.yaml").compile(), store=tmp_path / "store")
    (package,) = run.packages
    served, requests = tmp_path / "served", tmp_path / "requests"
    unpack(package_of(run, package), served)
    unpack(run.store.objects.path(package["SamplePayloadUrl"]), requests)
    inference = imported(served / "code" / "inference.py")
    model = inference.model_fn(str(served))
    known = known_answers(example)
    bodies = sorted(requests.iterdir())
    assert len(bodies) == 10
    for body in bodies:
        content_type = {".csv": "text/csv", ".jsonl": "application/jsonlines"}[body.suffix]
        data = inference.input_fn(body.read_bytes(), content_type)
        (answer,) = json.loads(inference.output_fn(inference.predict_fn(data, model), "application/json"))
        expected = known[tuple(str(data[0][column]) for column in inference.COLUMNS)]
        assert answer["species"] == expected["species"]
        assert answer["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-6)


def test_a_model_of_another_kind_in_a_folder_of_another_name_is_registered_too(tmp_path, stepsmith):
    folder = tmp_path / "my own models" / "credit v2"
    folder.mkdir(parents=True)
    (folder / "weights.onnx").write_bytes(bytes(range(256)) * 50)
    (tmp_path / "serve").mkdir()
    (tmp_path / "serve" / "inference.py").write_text("def model_fn(model_dir): return None\n")
    (tmp_path / "requests.jsonl").write_text('{"age": 31, "income": 42000.5}\n')
    (tmp_path / "my pipeline.yaml").write_text(
        """
name: credit
region: us-east-1
pipeline_s3_loc: s3://my-bucket
steps:
  model: {type: DummyTraining, pretrained_model_path: my own models/credit v2}
  package: {type: ModelPackaging, code: serve, after: model}
  payload: {type: Payload, samples: requests.jsonl, content_types: [application/json]}
  register: {type: ModelRegistration, group: credit, image_uri: serve:1, instance_types: [ml.c5.large],
             content_types: [application/json], after: [package, payload]}
"""
    )
    done = stepsmith("run", "my pipeline.yaml", "--json")
    assert done.status == 0, done.err
    (package,) = json.loads(done.out)["model_packages"]
    unpack(stepsmith_object(tmp_path, package), tmp_path / "served")
    assert (tmp_path / "served" / "weights.onnx").read_bytes() == (folder / "weights.onnx").read_bytes()
    assert package["CustomerMetadataProperties"]["source"] == "my own models/credit v2"


def package_of(run, package):
    return run.store.objects.path(package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])


def stepsmith_object(folder, package):
    uri = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    return folder / ".stepsmith" / "objects" / uri.removeprefix("s3://")


def unpack(archive, folder):
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")


def imported(path):
    spec = importlib.util.spec_from_file_location("served_inference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def known_answers(example):
    rows = json.loads((example / "expected_answers.json").read_text())["rows"]
    return {tuple(str(value) for value in row["features"].values()): row for row in rows}
