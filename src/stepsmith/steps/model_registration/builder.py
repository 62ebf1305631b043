"""Turns a packaged model into a RegisterModel step.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.container.archive.names import MODEL_NAME
from stepsmith.definition.references import Join
from stepsmith.layers.builder import StepBuilderBase
from stepsmith.layers.built import Parts
from stepsmith.steps.model_registration.config import ModelRegistrationConfig
from stepsmith.steps.model_registration.metadata import customer_metadata
from stepsmith.steps.model_registration.specification import (
    MODEL_REGISTRATION_SPEC,
    PACKAGED_MODEL,
    PAYLOAD_SAMPLES,
)

if TYPE_CHECKING:
    from stepsmith.layers.built import Inputs

# What the step upstream leaves in the folder that it hands on.
PAYLOAD_NAME = "payload.tar.gz"


class ModelRegistrationStepBuilder(StepBuilderBase):
    """Makes the step that registers a model version, under the name that the user gave it and no other."""

    specification = MODEL_REGISTRATION_SPEC
    config_class = ModelRegistrationConfig
    service_type = "RegisterModel"

    def parts(self, inputs: Inputs) -> Parts:
        """The request of CreateModelPackage."""
        config = self.config
        arguments: dict[str, Any] = {
            "ModelPackageGroupName": config.group,
            "InferenceSpecification": {
                "Containers": [self._container(inputs)],
                "SupportedContentTypes": list(config.content_types),
                "SupportedResponseMIMETypes": list(config.response_types),
                "SupportedRealtimeInferenceInstanceTypes": list(config.instance_types),
            },
            "ModelApprovalStatus": config.approval_status,
        }
        payload = inputs.location(PAYLOAD_SAMPLES)
        if payload:
            arguments["SamplePayloadUrl"] = Join("/", [payload, PAYLOAD_NAME])
        arguments |= {name: value for name, value in (("Domain", config.domain), ("Task", config.task)) if value}
        if config.model_metrics:
            statistics = {"ContentType": "application/json", "S3Uri": config.model_metrics}
            arguments["ModelMetrics"] = {"ModelQuality": {"Statistics": statistics}}
        model = inputs.step(PACKAGED_MODEL)
        metadata = customer_metadata(
            model.provenance if model else {}, config.metadata, literal_only=config.digests == "literal"
        )
        if metadata:
            arguments["CustomerMetadataProperties"] = metadata
        return Parts(arguments)

    def _container(self, inputs: Inputs) -> dict[str, Any]:
        config, model = self.config, inputs.location(PACKAGED_MODEL)
        container: dict[str, Any] = {"Image": config.image_uri}
        if model:
            container["ModelDataUrl"] = Join("/", [model, MODEL_NAME])
        if config.env:
            container["Environment"] = dict(config.env)
        if config.framework:
            container["Framework"] = config.framework
        if config.nearest_model_name:
            container["NearestModelName"] = config.nearest_model_name
        return container
