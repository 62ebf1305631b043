"""What the script of TabularPreprocessing reads and writes."""

from stepsmith.step.contract import ScriptContract

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
