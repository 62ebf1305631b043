"""STP272: a model on S3 that nothing pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.build.staging import is_s3
from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.sagemaker.identifiers import bucket_and_key
from stepsmith.steps.dummy_training.step import DummyTrainingConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.pipeline.compilation import Compilation


def _check(compilation: Compilation) -> Iterator[Finding]:
    for name, builder in compilation.builders.items():
        config = builder.config
        if (
            isinstance(config, DummyTrainingConfig)
            and config.sha256 is None
            and _is_object(config.pretrained_model_path)
        ):
            message = f"nothing pins {config.pretrained_model_path}: whatever is there when the step executes is taken"
            fix = "state the model's digest beside it: sha256; `stepsmith archive verify` tells it"
            yield RULE.finding(
                message, path=("steps", name, "pretrained_model_path"), fix=fix, requires=[("steps", name, "sha256")]
            )


def _is_object(path: object) -> bool:
    """Whether it is the S3 URI of one object. What is wrong with another is reported when the step is built."""
    _, key = (is_s3(path) and bucket_and_key(str(path))) or ("", "")
    return bool(key) and not key.endswith("/")


RULE = Rule(
    code="STP272",
    title="A model on S3 without a digest",
    why="An object on S3 can be overwritten. With `sha256`, the model is verified and copied to its own key "
    "on deployment, and the step refuses any other. Without it, each execution uses whatever the key "
    "contains then.",
    about=About.PIPELINE,
    fix="Add the digest of the model as `sha256`. `stepsmith archive verify` prints it.",
    example=Example(
        "pipeline.yaml", "pretrained_model_path: model/", "pretrained_model_path: s3://my-models/best/model.tar.gz"
    ),
    is_warning=True,
    check=_check,
)
