"""Turns a packaged model into a RegisterModel step.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.build.builder import StepBuilderBase
from stepsmith.build.request_table import Argument, Traced, request_of
from stepsmith.build.step_request import StepRequest
from stepsmith.container.archive.names import MODEL_NAME
from stepsmith.definition.references import Join
from stepsmith.steps.model_registration.config import ModelRegistrationConfig
from stepsmith.steps.model_registration.metadata import customer_metadata
from stepsmith.steps.model_registration.specification import (
    MODEL_REGISTRATION_SPEC,
    PACKAGED_MODEL,
    PAYLOAD_SAMPLES,
)

if TYPE_CHECKING:
    from stepsmith.build.step_request import StepInputs
    from stepsmith.diagnostics.finding import Path

_SPECIFICATION = "InferenceSpecification"
_CONTAINER: Path = (_SPECIFICATION, "Containers", 0)
# The arguments in their order, and the field or the input that each is made of.
_TABLE = (
    Argument(("ModelPackageGroupName",), "group"),
    Argument((*_CONTAINER, "Image"), "image_uri"),
    Argument((*_CONTAINER, "ModelDataUrl"), PACKAGED_MODEL),
    Argument((*_CONTAINER, "Environment"), "env"),
    Argument((*_CONTAINER, "Framework"), "framework"),
    Argument((*_CONTAINER, "NearestModelName"), "nearest_model_name"),
    Argument((_SPECIFICATION, "SupportedContentTypes"), "content_types"),
    Argument((_SPECIFICATION, "SupportedResponseMIMETypes"), "response_types"),
    Argument((_SPECIFICATION, "SupportedRealtimeInferenceInstanceTypes"), "instance_types"),
    Argument(("ModelApprovalStatus",), "approval_status"),
    Argument(("SamplePayloadUrl",), PAYLOAD_SAMPLES),
    Argument(("Domain",), "domain"),
    Argument(("Task",), "task"),
    Argument(("ModelMetrics", "ModelQuality", "Statistics"), "model_metrics"),
    Argument(("CustomerMetadataProperties",), "metadata"),
)
# What the step upstream leaves in the folder that it hands on.
PAYLOAD_NAME = "payload.tar.gz"


class ModelRegistrationStepBuilder(StepBuilderBase):
    """Makes the step that registers a model version, under the name that the user gave it and no other."""

    specification = MODEL_REGISTRATION_SPEC
    config_class = ModelRegistrationConfig
    service_type = "RegisterModel"

    def parts(self, inputs: StepInputs) -> StepRequest:
        """The request of CreateModelPackage."""
        config, model, payload = self.config, inputs.location(PACKAGED_MODEL), inputs.location(PAYLOAD_SAMPLES)
        packaging = inputs.step(PACKAGED_MODEL)
        provenance = packaging.provenance if packaging else {}
        metadata = customer_metadata(provenance, config.metadata, literal_only=config.digests == "literal")
        statistics = {"ContentType": "application/json", "S3Uri": config.model_metrics}
        computed = {
            PACKAGED_MODEL: Traced(Join("/", [model, MODEL_NAME]), {(): (PACKAGED_MODEL,)}) if model else None,
            PAYLOAD_SAMPLES: Traced(Join("/", [payload, PAYLOAD_NAME]), {(): (PAYLOAD_SAMPLES,)}) if payload else None,
            "model_metrics": Traced(statistics, {("S3Uri",): ("model_metrics",)}) if config.model_metrics else None,
            "metadata": metadata,
        }
        request = request_of(_TABLE, config, computed)
        return StepRequest(request.arguments, origins=request.origins)
