"""The step Look for Stepsmith."""

TABLE = {"Look": "look.step:STEP"}
