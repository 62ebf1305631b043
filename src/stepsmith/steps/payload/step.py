"""Payload makes sample requests for a model, as the one payload.tar.gz that SageMaker takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from stepsmith.build.declaration import StepDeclaration
from stepsmith.build.processing import ProcessingStepBuilder
from stepsmith.step.config import ProcessingStepConfigBase
from stepsmith.step.contract import ScriptContract
from stepsmith.step.model_base import ListOf, RuntimeValue, Text
from stepsmith.step.quantities import COUNT
from stepsmith.step.specification import DependencySpec, NodeType, OutputSpec, StepSpecification

SAMPLES = "samples"
PAYLOAD_SAMPLES = "payload_samples"

PAYLOAD_CONTRACT = ScriptContract(
    entry_point="payload.py",
    expected_input_paths={SAMPLES: "/opt/ml/processing/input/samples"},
    expected_output_paths={PAYLOAD_SAMPLES: "/opt/ml/processing/output/payload_samples"},
    expected_arguments={
        "samples-dir": SAMPLES,
        "content-types": "content_types",
        "count": "count",
        "output-dir": PAYLOAD_SAMPLES,
    },
    description="Writes payload.tar.gz, in which each member is one request.",
)


PAYLOAD_SPEC = StepSpecification(
    step_type="Payload",
    node_type=NodeType.INTERNAL,
    script_contract=PAYLOAD_CONTRACT,
    dependencies=(
        DependencySpec(
            logical_name=SAMPLES,
            compatible_sources=("ProcessingStep", "LocalFile"),
            semantic_keywords=("samples", "test"),
            description="A folder of CSV or JSON lines; a preprocessed split's label is left out of the requests.",
        ),
    ),
    outputs=(
        OutputSpec(
            logical_name=PAYLOAD_SAMPLES,
            aliases=("GeneratedPayloadSamples",),
            description="The folder that holds payload.tar.gz.",
        ),
    ),
)


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
    content_types: Annotated[ListOf[SampleContentType], Field(min_length=1)] = Field(
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


class PayloadStepBuilder(ProcessingStepBuilder[PayloadConfig]):
    """Makes the step that writes sample requests."""

    specification = PAYLOAD_SPEC
    config_class = PayloadConfig
    single_instance = True


STEP = StepDeclaration(
    specification=PAYLOAD_SPEC,
    config_class=PayloadConfig,
    builder_class=PayloadStepBuilder,
    description="Makes sample requests from preprocessed data or from your samples, as one payload.tar.gz.",
)
