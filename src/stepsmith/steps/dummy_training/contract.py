"""What the script of DummyTraining reads and writes."""

from stepsmith.container.archive.limits import VARIABLES
from stepsmith.step.contract import ScriptContract

PRETRAINED_MODEL = "pretrained_model_path"
MODEL_OUTPUT = "model_output"
EXPECTED_DIGEST_VARIABLE = "EXPECTED_MODEL_SHA256"

DUMMY_TRAINING_CONTRACT = ScriptContract(
    entry_point="dummy_training.py",
    expected_input_paths={PRETRAINED_MODEL: "/opt/ml/processing/input/model/model.tar.gz"},
    expected_output_paths={MODEL_OUTPUT: "/opt/ml/processing/output/model"},
    expected_arguments={"pretrained-model-path": PRETRAINED_MODEL, "output-dir": MODEL_OUTPUT},
    optional_env_vars={
        EXPECTED_DIGEST_VARIABLE: "the model's SHA-256, where it is known; any other is refused",
        **VARIABLES,
    },
    description="Verifies a pretrained model.tar.gz to its last byte and puts it where a training step would.",
)
