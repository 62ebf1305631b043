from __future__ import annotations

import os


def test_without_a_region_it_is_told_how_to_name_one(stepsmith, tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    none = {"AWS_CONFIG_FILE": str(tmp_path / "none"), "AWS_EC2_METADATA_DISABLED": "true"}
    done = stepsmith("executions", "one", env={**kept, **none})
    assert (done.status, done.err.splitlines()) == (
        1,
        [
            "AWS011 no region is named",
            "  fix: name one: --region, `region` in pipeline.yaml, or AWS_REGION",
        ],
    )
