"""TabularPreprocessing splits a table into train, validation and test, the same way on every machine."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from stepsmith.build.declaration import StepDeclaration
from stepsmith.build.processing import ProcessingStepBuilder, ResolvedInput
from stepsmith.definition.assets import FileSource
from stepsmith.definition.references import Reference
from stepsmith.diagnostics import About, ConfigError, Rule, suggest_names
from stepsmith.step.config import ProcessingStepConfigBase
from stepsmith.step.contract import ScriptContract
from stepsmith.step.model_base import RuntimeValue, Text
from stepsmith.step.specification import NodeType, OutputSpec, StepSpecification

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = "data"
TRAIN, VALIDATION, TEST = "train", "validation", "test"

TABULAR_PREPROCESSING_CONTRACT = ScriptContract(
    entry_point="tabular_preprocessing.py",
    expected_input_paths={DATA: "/opt/ml/processing/input/data"},
    expected_output_paths={
        TRAIN: "/opt/ml/processing/output/train",
        VALIDATION: "/opt/ml/processing/output/validation",
        TEST: "/opt/ml/processing/output/test",
    },
    expected_arguments={
        "data-dir": DATA,
        "train-dir": TRAIN,
        "validation-dir": VALIDATION,
        "test-dir": TEST,
        "label": "label",
        "train-ratio": "train_ratio",
        "validation-ratio": "validation_ratio",
        "test-ratio": "test_ratio",
        "seed": "seed",
        "stratify": "stratify",
    },
    framework_requirements={"pyarrow": ">=12"},
    description="Splits the rows of CSV or Parquet files into train, validation and test.",
)


TABULAR_PREPROCESSING_SPEC = StepSpecification(
    step_type="TabularPreprocessing",
    node_type=NodeType.SOURCE,
    script_contract=TABULAR_PREPROCESSING_CONTRACT,
    outputs=(
        OutputSpec(logical_name=TRAIN, description="A folder with train.csv and _schema.json."),
        OutputSpec(logical_name=VALIDATION, description="A folder with validation.csv and _schema.json."),
        OutputSpec(logical_name=TEST, aliases=("samples",), description="A folder with test.csv and _schema.json."),
    ),
)


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


CSV, PARQUET = ".csv", ".parquet"
# As long as the script takes a field to be.
FIELD_CHARACTERS = 1 << 30


class TabularPreprocessingStepBuilder(ProcessingStepBuilder[TabularPreprocessingConfig]):
    """Makes the step that splits a table."""

    specification = TABULAR_PREPROCESSING_SPEC
    config_class = TabularPreprocessingConfig
    single_instance = True
    requirements_by_suffix = ((PARQUET, "pyarrow"),)

    def stage(self, port: str, value: Any) -> ResolvedInput:
        """The data as an input.

        Raises: ConfigError when they are CSV on this machine and the label is no column of theirs.
        """
        staged = super().stage(port, value)
        objects = staged.asset.objects if staged.asset else ()
        sources = [item.source for item in objects if item.name.lower().endswith(CSV) and _is_read(item.name)]
        if sources and isinstance(sources[0], FileSource) and not isinstance(self.config.label, Reference):
            _check_label(self.config.label, sources[0].path)
        return staged

    def requirements(self, staged: Mapping[str, ResolvedInput]) -> tuple[str, ...]:
        """Pyarrow, where the data are seen to be Parquet."""
        asset, data = staged[DATA].asset, self.config.data
        names = [item.name for item in asset.objects] if asset else [data] if isinstance(data, str) else []
        return super().requirements(staged) if any(name.lower().endswith(PARQUET) for name in names) else ()


def _check_label(label: str, path: Path) -> None:
    csv.field_size_limit(FIELD_CHARACTERS)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        header = next((row for row in csv.reader(file) if row), [])
    if label in header:
        return
    other = next((mark for mark in ";\t|" if len(header) == 1 and mark in header[0]), None)
    message = f"the label {label!r} is no column of {path.name}; it has: {', '.join(header)}"
    fix = f"separate its fields by commas, and not by {other!r}" if other else suggest_names(label, header)
    raise ConfigError("STP260", message, where="label", fix=fix)


def _is_read(name: str) -> bool:
    """Whether the script reads a file, and does not pass over its name."""
    return not name.rpartition("/")[2].startswith(("_", "."))


STEP = StepDeclaration(
    specification=TABULAR_PREPROCESSING_SPEC,
    config_class=TabularPreprocessingConfig,
    builder_class=TabularPreprocessingStepBuilder,
    description="Reads CSV or Parquet and splits its rows into train, validation and test, the same on every machine.",
)


RULES = (
    Rule(
        "STP260",
        "A label that is not a column",
        "The step reads the label column from the data. A missing column would make the job fail.",
        About.PIPELINE,
        "Set `label` to a column of the file. Make sure that the fields are separated by commas.",
    ),
)
