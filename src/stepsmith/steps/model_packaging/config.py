"""What a user sets of ModelPackaging."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from stepsmith.step.config import ProcessingStepConfigBase
from stepsmith.step.contract import ScriptContract  # noqa: TC001 - an annotation of a public method
from stepsmith.step.model_base import Text
from stepsmith.steps.model_packaging.contract import MODEL_PACKAGING_CONTRACT


class ModelPackagingConfig(ProcessingStepConfigBase):
    """The inference code (a folder, a file, an S3 URI or a reference), and the script that serving starts with."""

    code: Text | Path = Field(
        description="The inference code: a folder, a file or an S3 URI; it is put under code/.", examples=["inference/"]
    )
    entry_point: str = Field(
        default="inference.py", min_length=1, description="The file in the code that serving starts with."
    )

    @classmethod
    def get_script_contract(cls) -> ScriptContract:
        """The contract of the step's script."""
        return MODEL_PACKAGING_CONTRACT
