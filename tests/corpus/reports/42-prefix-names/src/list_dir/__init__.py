"""The step ListDir for Stepsmith."""

TABLE = {"ListDir": "list_dir.step:STEP"}
