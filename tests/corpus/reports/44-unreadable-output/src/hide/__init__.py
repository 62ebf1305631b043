"""The step Hide for Stepsmith."""

TABLE = {"Hide": "hide.step:STEP"}
