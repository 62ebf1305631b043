"""Steps and pipelines to start from: folders that pass `check`, run, and have a passing test the moment they are made.

The templates are data: in `step/` and `pipeline/` each file ends with `.txt`, and its names stand between `@`.
"""

from stepsmith.scaffold.templates import new_pipeline, new_step

__all__ = ["new_pipeline", "new_step"]
