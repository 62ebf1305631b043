"""What a user sets of DummyTraining."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field, field_validator

from stepsmith.step.config import MAX_RUNTIME, MaxRuntime, ProcessingStepConfigBase
from stepsmith.step.contract import ScriptContract  # noqa: TC001 - an annotation of a public method
from stepsmith.step.model_base import RuntimeValue, Text
from stepsmith.steps.dummy_training.contract import DUMMY_TRAINING_CONTRACT

_DIGEST = re.compile(r"[0-9a-f]{64}")


class DummyTrainingConfig(ProcessingStepConfigBase):
    """Where the pretrained model is: an archive, a folder, an S3 URI of an object, or a reference.

    It may be left out where another step provides the model. `sha256` is the digest that the model must have.
    `compress` deflates the archive of a folder, on this machine's terms; without it the archive's bytes depend on
    nothing but the files.
    """

    pretrained_model_path: Text | Path | None = Field(
        default=None,
        description="The model: an archive, a folder, or the S3 URI of an object; else from a step upstream.",
        examples=["models/model.tar.gz"],
    )
    sha256: str | None = Field(
        default=None, description="The digest that the model must have; state it beside an S3 source."
    )
    compress: bool = Field(
        default=False,
        description="Whether the archive of a folder is deflated; its bytes then depend on this machine's zlib.",
    )
    max_runtime_seconds: MaxRuntime | RuntimeValue = Field(default=1200, description=MAX_RUNTIME)

    @field_validator("sha256")
    @classmethod
    def _is_a_digest(cls, value: str | None) -> str | None:
        if value is not None and not _DIGEST.fullmatch(value):
            raise ValueError(f"{value!r} is no SHA-256; write its 64 hexadecimal digits in lower case, in quotes")
        return value

    @classmethod
    def get_script_contract(cls) -> ScriptContract:
        """The contract of the step's script."""
        return DUMMY_TRAINING_CONTRACT
