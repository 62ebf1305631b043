"""The step First for Stepsmith."""

TABLE = {"First": "first.step:STEP"}
