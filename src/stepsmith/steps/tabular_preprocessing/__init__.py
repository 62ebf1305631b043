"""TabularPreprocessing splits a table into train, validation and test, the same way on every machine."""

from stepsmith.build.declaration import StepDeclaration
from stepsmith.steps.tabular_preprocessing.builder import TabularPreprocessingStepBuilder
from stepsmith.steps.tabular_preprocessing.config import TabularPreprocessingConfig
from stepsmith.steps.tabular_preprocessing.specification import TABULAR_PREPROCESSING_SPEC

STEP = StepDeclaration(
    specification=TABULAR_PREPROCESSING_SPEC,
    config_class=TabularPreprocessingConfig,
    builder_class=TabularPreprocessingStepBuilder,
    description="Reads CSV or Parquet and splits its rows into train, validation and test, the same on every machine.",
)
