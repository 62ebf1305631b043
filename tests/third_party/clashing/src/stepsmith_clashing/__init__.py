"""A step for Stepsmith that has the name of one of its own."""

TABLE = {"Payload": "stepsmith_clashing.step:STEP"}
