"""What a user sets of Payload."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from stepsmith.step.config import ProcessingStepConfigBase
from stepsmith.step.contract import ScriptContract  # noqa: TC001 - an annotation of a public method
from stepsmith.step.model_base import RuntimeValue, Several, Text
from stepsmith.step.quantities import COUNT
from stepsmith.steps.payload.contract import PAYLOAD_CONTRACT

SampleContentType = Literal["text/csv", "application/json", "application/jsonlines"]


class PayloadConfig(ProcessingStepConfigBase):
    """Where the samples are (CSV with a header, or JSON lines), and which requests to make of them.

    `samples` may be left out where another step provides them. `count` requests are made of each content type.
    """

    samples: Text | Path | None = Field(
        default=None,
        description="What requests are made of, CSV with a header or JSON lines; else from a step upstream.",
        examples=["samples.csv"],
    )
    content_types: Annotated[Several[SampleContentType], Field(min_length=1)] = Field(
        default=("text/csv",), description="In which form the requests are made."
    )
    count: Annotated[int, Field(ge=1, le=1000), COUNT] | RuntimeValue = Field(
        default=5, description="How many requests are made of each content type."
    )

    @field_validator("content_types")
    @classmethod
    def _stand_once(cls, value: tuple[SampleContentType, ...]) -> tuple[SampleContentType, ...]:
        if len(set(value)) != len(value):
            raise ValueError("a content type stands twice")
        return value

    @classmethod
    def get_script_contract(cls) -> ScriptContract:
        """The contract of the step's script."""
        return PAYLOAD_CONTRACT
