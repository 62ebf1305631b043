"""What the script of Payload reads and writes."""

from stepsmith.step.contract import ScriptContract

SAMPLES = "samples"
PAYLOAD_SAMPLES = "payload_samples"

PAYLOAD_CONTRACT = ScriptContract(
    entry_point="payload.py",
    expected_input_paths={SAMPLES: "/opt/ml/processing/input/samples"},
    expected_output_paths={PAYLOAD_SAMPLES: "/opt/ml/processing/output/payload_samples"},
    expected_arguments={
        "samples-dir": SAMPLES,
        "content-types": "content_types",
        "count": "count",
        "output-dir": PAYLOAD_SAMPLES,
    },
    description="Writes payload.tar.gz, in which each member is one request.",
)
