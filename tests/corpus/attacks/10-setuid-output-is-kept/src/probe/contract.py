"""What the script of Probe reads and writes."""

from stepsmith import ScriptContract

SOURCE = "source"
REPORT = "report"

CONTRACT = ScriptContract(
    entry_point="probe.py",
    expected_input_paths={SOURCE: "/opt/ml/processing/input/source"},
    expected_output_paths={REPORT: "/opt/ml/processing/output/report"},
    expected_arguments={"source-dir": SOURCE, "title": "title", "output-dir": REPORT},
    description="Writes report.json, which says what is in a folder.",
)
