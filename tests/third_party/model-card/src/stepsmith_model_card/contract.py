"""What the script of ModelCard reads and writes."""

from stepsmith import ScriptContract

PACKAGED_MODEL = "packaged_model"
MODEL_CARD = "model_card"

MODEL_CARD_CONTRACT = ScriptContract(
    entry_point="model_card.py",
    expected_input_paths={PACKAGED_MODEL: "/opt/ml/processing/input/packaged_model"},
    expected_output_paths={MODEL_CARD: "/opt/ml/processing/output/model_card"},
    expected_arguments={
        "package-dir": PACKAGED_MODEL,
        "title": "title",
        "owner": "owner",
        "intended-use": "intended_use",
        "output-dir": MODEL_CARD,
    },
    framework_requirements={"PyYAML": ">=6.0"},
    description="Writes card.yaml from the package.json beside a packaged model.",
)
