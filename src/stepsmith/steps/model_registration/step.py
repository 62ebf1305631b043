"""ModelRegistration registers a packaged model as a version in a model package group.

It runs no script: the service itself makes the model package. The names of its dependencies are those that a private
registry's step uses too, so that one can take the other's place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from stepsmith.build.builder import StepBuilderBase
from stepsmith.build.declaration import StepDeclaration
from stepsmith.definition.references import Reference
from stepsmith.diagnostics import ABOUT_KEY, ConfigError
from stepsmith.sagemaker.identifiers import GROUP_NAME
from stepsmith.sagemaker.limits import METADATA_ENTRIES
from stepsmith.step.config import BasePipelineConfig, InstanceType
from stepsmith.step.model_base import ListOf, RuntimeValue, Text
from stepsmith.step.specification import DependencySpec, DependencyType, NodeType, StepSpecification
from stepsmith.steps.model_registration.request import (
    PACKAGED_MODEL,
    PAYLOAD_SAMPLES,
    RESERVED,
    allowed,
    register_model_request,
)

if TYPE_CHECKING:
    from stepsmith.build.step_request import StepInputs, StepRequest

MODEL_REGISTRATION_SPEC = StepSpecification(
    step_type="ModelRegistration",
    node_type=NodeType.SINK,
    dependencies=(
        DependencySpec(
            logical_name=PACKAGED_MODEL,
            dependency_type=DependencyType.MODEL_ARTIFACTS,
            compatible_sources=("ProcessingStep",),
            semantic_keywords=("model", "package", "packaged"),
            description="The folder that holds the packaged model.tar.gz.",
        ),
        DependencySpec(
            logical_name=PAYLOAD_SAMPLES,
            dependency_type=DependencyType.PAYLOAD_SAMPLES,
            required=False,
            compatible_sources=("ProcessingStep",),
            semantic_keywords=("payload", "samples"),
            description="The folder that holds payload.tar.gz.",
        ),
    ),
)


ApprovalStatus = Literal["Approved", "Rejected", "PendingManualApproval"]
# What only a job has. Source for the cache: the step types that
# https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching.html lists; for the tags: CreateModelPackage takes
# none beside a group.
_JOB_FIELDS = (
    "subnets",
    "security_group_ids",
    "enable_network_isolation",
    "encrypt_inter_container_traffic",
    "volume_kms_key",
    "output_kms_key",
    "tags",
    "cache",
)
# Source: the shape ContainerImage in botocore's sagemaker/2017-07-24 service model.
_IMAGE = re.compile(r"\S{1,255}")
Names = Annotated[ListOf[Text], Field(min_length=1)]


class ModelRegistrationConfig(BasePipelineConfig):
    """The model package group, the serving image, and what the version is to say of itself.

    `image_uri` and `env` are those of the container that serves the model, and no `defaults` fill them. `digests:
    literal` leaves out what is only known when the pipeline executes: it is read by `Std:JsonGet` outside a
    condition, which the SDK accepts and the service does not document. `model_metrics` is the S3 URI of a JSON file.
    """

    fields_not_shared: ClassVar[frozenset[str]] = frozenset({"image_uri", "env", *_JOB_FIELDS})
    fields_refused: ClassVar[frozenset[str]] = frozenset(_JOB_FIELDS)

    group: Text = Field(
        description="The model package group, in which the version counts up.", examples=["credit-risk"]
    )
    image_uri: Text = Field(
        description="The container image that serves the model.",
        examples=["123456789012.dkr.ecr.eu-west-1.amazonaws.com/serve:1"],
    )
    env: dict[str, Text] = Field(
        default={}, description="Environment variables of the container that serves the model."
    )
    content_types: Names = Field(default=("text/csv",), description="What the model can be asked in.")
    response_types: Names = Field(default=("application/json",), description="What the model can answer in.")
    instance_types: Annotated[ListOf[InstanceType], Field(min_length=1)] = Field(
        description="The instance types on which it may serve.", examples=[["ml.m5.large"]]
    )
    approval_status: ApprovalStatus | RuntimeValue = Field(
        default="PendingManualApproval", description="The approval status that the version begins with."
    )
    domain: Text | None = Field(default=None, description="The machine learning domain.", examples=["MACHINE_LEARNING"])
    task: Text | None = Field(default=None, description="What the model does.", examples=["CLASSIFICATION"])
    framework: Text | None = Field(
        default=None, description="The framework that the model was made with.", examples=["XGBOOST"]
    )
    nearest_model_name: Text | None = Field(
        default=None, description="The well-known model that is most like this one."
    )
    model_metrics: Text | None = Field(
        default=None,
        description="The S3 URI of a JSON file with the model's quality.",
        examples=["s3://my-bucket/credit-risk/quality.json"],
    )
    metadata: dict[str, Text] = Field(
        default={}, description="Further properties of the version, beside its digests and its source."
    )
    digests: Literal["all", "literal"] = Field(
        default="all", description="literal leaves out the digests that are only known when the pipeline executes."
    )

    @model_validator(mode="after")
    def _runs_no_job(self) -> ModelRegistrationConfig:
        for name in _JOB_FIELDS:
            if name in self.model_fields_set:
                message = f"{name} means nothing here: registering runs no job, and is never cached"
                raise ConfigError("STP201", message, where=name, fix=f"remove {name}", data=ABOUT_KEY)
        return self

    @field_validator("group")
    @classmethod
    def _is_a_group_name(cls, value: Text) -> Text:
        if not isinstance(value, Reference) and not GROUP_NAME.fullmatch(value):
            raise ValueError(f"{value!r} cannot be the name of a group; use at most 63 letters, digits and hyphens")
        return value

    @field_validator("image_uri")
    @classmethod
    def _is_an_image(cls, value: Text) -> Text:
        if not isinstance(value, Reference) and not _IMAGE.fullmatch(value):
            raise ValueError(f"{value!r} is no image: at most 255 characters, and no spaces")
        return value

    @field_validator("metadata")
    @classmethod
    def _admitted(cls, value: dict[str, Text]) -> dict[str, Text]:
        for name in value:
            if name in RESERVED:
                raise ValueError(f"{name!r} is written by Stepsmith; choose another name")
            if not allowed(name, 128):
                raise ValueError(
                    f"{name!r} cannot be the name of a metadata property; use letters, digits and _.:/=+-@"
                )
        if len(value) > METADATA_ENTRIES - len(RESERVED):
            raise ValueError(f"at most {METADATA_ENTRIES - len(RESERVED)} entries, and not {len(value)}")
        return value

    @field_validator("model_metrics")
    @classmethod
    def _on_s3(cls, value: Text | None) -> Text | None:
        if value is not None and not isinstance(value, Reference) and not value.startswith("s3://"):
            raise ValueError(f"{value!r} is no S3 URI; write s3://bucket/key.json")
        return value


class ModelRegistrationStepBuilder(StepBuilderBase[ModelRegistrationConfig]):
    """Makes the step that registers a model version, under the name that the user gave it and no other."""

    specification = MODEL_REGISTRATION_SPEC
    config_class = ModelRegistrationConfig
    service_type = "RegisterModel"

    def parts(self, inputs: StepInputs) -> StepRequest:
        """The request of CreateModelPackage."""
        return register_model_request(self.config, inputs)


STEP = StepDeclaration(
    specification=MODEL_REGISTRATION_SPEC,
    config_class=ModelRegistrationConfig,
    builder_class=ModelRegistrationStepBuilder,
    description="Registers the packaged model in a model package group, with its digests and its sample payload.",
)
