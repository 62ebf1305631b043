"""What the script of Join reads and writes."""

from stepsmith import ScriptContract

SOURCE = "source"
REPORT = "report"

CONTRACT = ScriptContract(
    entry_point="join.py",
    expected_input_paths={SOURCE: "/opt/ml/processing/input/source", "source_secondary": "/opt/ml/processing/input/source_secondary"},
    expected_output_paths={REPORT: "/opt/ml/processing/output/report"},
    expected_arguments={"source-dir": SOURCE, "secondary-dir": "source_secondary", "title": "title", "output-dir": REPORT},
    description="Writes report.json, which says what is in a folder.",
)
