"""What the script of ModelPackaging reads and writes."""

from stepsmith.container.archive.limits import VARIABLES
from stepsmith.step.contract import ScriptContract

MODEL_INPUT = "model_input"
INFERENCE_CODE = "inference_code"
PACKAGED_MODEL = "packaged_model"
# What the script records of its work; later steps read it by JsonGet.
PACKAGE_FILE = "package.json"

MODEL_PACKAGING_CONTRACT = ScriptContract(
    entry_point="model_packaging.py",
    expected_input_paths={
        MODEL_INPUT: "/opt/ml/processing/input/model/model.tar.gz",
        INFERENCE_CODE: "/opt/ml/processing/input/inference_code",
    },
    expected_output_paths={PACKAGED_MODEL: "/opt/ml/processing/output/packaged_model"},
    expected_arguments={
        "model-path": MODEL_INPUT,
        "code-dir": INFERENCE_CODE,
        "entry-point": "entry_point",
        "output-dir": PACKAGED_MODEL,
    },
    optional_env_vars=VARIABLES,
    description="Adds inference code under code/ to a model.tar.gz and records both digests in package.json.",
)
