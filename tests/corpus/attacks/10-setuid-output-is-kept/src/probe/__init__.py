"""The step Probe for Stepsmith."""

TABLE = {"Probe": "probe.step:STEP"}
