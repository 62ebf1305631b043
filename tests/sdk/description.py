"""The golden pipeline's four Processing steps in plain words, for whoever writes them with an SDK.

Written by hand from what the steps' page says of them, and not read out of our definition.
"""

from __future__ import annotations

from typing import NamedTuple

ROLE = "arn:aws:iam::123456789012:role/SageMakerPipelines"
SKLEARN = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
SERVING = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/serve:1"
TRAINING = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/train:1"
BUCKET = "s3://my-bucket/golden"
ML = "/opt/ml/processing"


class Processing(NamedTuple):
    """A Processing step: what its script is given, and the paths of its inputs and outputs in the container.

    An input comes from a step's output, `(step, output)`, or from where the facts say that its files were uploaded.
    """

    name: str
    kind: str
    arguments: list[str]
    inputs: dict[str, tuple[str, tuple[str, str] | None]]
    outputs: dict[str, str]
    seconds: int = 3600
    environment: dict[str, str] | None = None
    depends_on: tuple[str, ...] = ()
    property_file: tuple[str, str, str] | None = None


def processing_steps(digest: str) -> list[Processing]:
    """The steps up to registration, for a model of that SHA-256."""
    return [
        Processing(
            "prepare",
            "tabular_preprocessing",
            [
                *("--data-dir", f"{ML}/input/data", "--train-dir", f"{ML}/output/train"),
                *("--validation-dir", f"{ML}/output/validation", "--test-dir", f"{ML}/output/test"),
                *("--label", "species", "--train-ratio", "0.7", "--validation-ratio", "0.15", "--test-ratio", "0.15"),
                *("--seed", "0", "--stratify", "false"),
            ],
            {"data": (f"{ML}/input/data", None)},
            {name: f"{ML}/output/{name}" for name in ("train", "validation", "test")},
        ),
        Processing(
            "model",
            "dummy_training",
            ["--pretrained-model-path", f"{ML}/input/model/model.tar.gz", "--output-dir", f"{ML}/output/model"],
            {"pretrained_model_path": (f"{ML}/input/model", None)},
            {"model_output": f"{ML}/output/model"},
            seconds=1200,
            environment={"EXPECTED_MODEL_SHA256": digest},
            depends_on=("prepare",),
        ),
        Processing(
            "package",
            "model_packaging",
            [
                *("--model-path", f"{ML}/input/model/model.tar.gz", "--code-dir", f"{ML}/input/inference_code"),
                *("--entry-point", "inference.py", "--output-dir", f"{ML}/output/packaged_model"),
            ],
            {
                "model_input": (f"{ML}/input/model", ("model", "model_output")),
                "inference_code": (f"{ML}/input/inference_code", None),
            },
            {"packaged_model": f"{ML}/output/packaged_model"},
            property_file=("Package", "packaged_model", "package.json"),
        ),
        Processing(
            "payload",
            "payload",
            [
                *("--samples-dir", f"{ML}/input/samples", "--content-types", "text/csv", "--count", "5"),
                *("--output-dir", f"{ML}/output/payload_samples"),
            ],
            {"samples": (f"{ML}/input/samples", ("prepare", "test"))},
            {"payload_samples": f"{ML}/output/payload_samples"},
            depends_on=("package",),
        ),
    ]
