"""The step Join for Stepsmith."""

TABLE = {"Join": "join.step:STEP"}
