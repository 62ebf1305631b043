"""A step for Stepsmith whose specification offers an output that its contract lacks."""

TABLE = {"SampleCount": "stepsmith_misaligned.step:STEP"}
