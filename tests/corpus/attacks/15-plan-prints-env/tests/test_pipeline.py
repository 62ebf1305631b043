"""The pipeline runs, and registers the model that went in."""

from pathlib import Path

import stepsmith.local
from stepsmith import load_pipeline

PIPELINE = Path(__file__).parents[1] / "pipeline.yaml"


def test_the_pipeline_registers_a_version_of_the_model(tmp_path):
    run = stepsmith.local.run(load_pipeline(PIPELINE).compile(), store=tmp_path)
    (package,) = run.packages
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert package["CustomerMetadataProperties"]["source"] == "model/"
