"""What a user sets of TabularPreprocessing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from stepsmith.step.config import ProcessingStepConfigBase
from stepsmith.step.contract import ScriptContract  # noqa: TC001 - an annotation of a public method
from stepsmith.step.model_base import RuntimeValue, Text
from stepsmith.steps.tabular_preprocessing.contract import TABULAR_PREPROCESSING_CONTRACT

Ratio = Annotated[float, Field(ge=0, le=1)]


class TabularPreprocessingConfig(ProcessingStepConfigBase):
    """The data (a file, a folder, a pattern such as `data/*.csv`, an S3 URI or a reference), its label, and the split.

    Each row goes to train, validation or test by the SHA-256 of `seed` and its number; the ratios sum to 1. With
    `stratify` each label's rows are split by the ratios.
    """

    data: Text | Path = Field(
        description="The table: a CSV or Parquet file, a folder or pattern of shards, or an S3 URI.",
        examples=["data/*.csv"],
    )
    label: Text = Field(description="The label's column.", examples=["defaulted"])
    train_ratio: Ratio = Field(default=0.7, description="The share of the rows to train on; the three sum to 1.")
    validation_ratio: Ratio = Field(default=0.15, description="The share of the rows to validate with.")
    test_ratio: Ratio = Field(default=0.15, description="The share of the rows to test with.")
    seed: int | RuntimeValue = Field(
        default=0, description="Another seed gives another split; the same seed the same one on every machine."
    )
    stratify: bool = Field(default=False, description="Whether each label's rows are split by the ratios.")

    @model_validator(mode="after")
    def _ratios_sum_to_one(self) -> TabularPreprocessingConfig:
        total = self.train_ratio + self.validation_ratio + self.test_ratio
        if not math.isclose(total, 1, abs_tol=1e-9):
            raise ValueError(f"train_ratio, validation_ratio and test_ratio sum to {total:g}; they are to sum to 1")
        if not self.train_ratio:
            raise ValueError("train_ratio is 0, so that no row would be left to train on")
        return self

    @classmethod
    def get_script_contract(cls) -> ScriptContract:
        """The contract of the step's script."""
        return TABULAR_PREPROCESSING_CONTRACT
