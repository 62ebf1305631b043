"""Payload makes sample requests for a model, as the one payload.tar.gz that SageMaker takes."""

from stepsmith.build.declaration import StepDeclaration
from stepsmith.steps.payload.builder import PayloadStepBuilder
from stepsmith.steps.payload.config import PayloadConfig
from stepsmith.steps.payload.specification import PAYLOAD_SPEC

STEP = StepDeclaration(
    specification=PAYLOAD_SPEC,
    config_class=PayloadConfig,
    builder_class=PayloadStepBuilder,
    description="Makes sample requests from preprocessed data or from your samples, as one payload.tar.gz.",
)
