"""What a user sets of Probe."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from probe.contract import CONTRACT
from stepsmith import ProcessingStepConfigBase, ScriptContract


class ProbeConfig(ProcessingStepConfigBase):
    """The files to report on, where no other step provides them, and the report's title."""

    source: Path | str | None = Field(
        default=None, description="The files: a file, a folder, a pattern or an S3 URI; else from a step upstream."
    )
    title: str = Field(default="A report", description="What the report is called.")

    @classmethod
    def get_script_contract(cls) -> ScriptContract:
        """The contract of the step's script."""
        return CONTRACT
