"""The config: what a user sets. The base holds what every step shares; all of it can be set in `defaults`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, Field, field_validator, model_validator

from stepsmith.diagnostics import short_repr
from stepsmith.sagemaker.identifiers import bucket_and_key
from stepsmith.step.model_base import ListOf, RuntimeValue, Text, TypedConfig
from stepsmith.step.quantities import COUNT, GIGABYTES, MINUTES, SECONDS, iso_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from stepsmith.step.contract import ScriptContract

# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching-enabling.html (ISO 8601 durations)
_DURATION = re.compile(r"(?=.*\d)P?(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?", re.IGNORECASE)
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]{2,12}){1,3}-\d{1,2}")
_INSTANCE_TYPE = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9-]+")
# Fields that hold several entries under names: a step's own entries are added to the shared ones.
_MERGED = ("tags", "env")

# Bounds from the shapes ProcessingInstanceCount, ProcessingVolumeSizeInGB and ProcessingMaxRuntimeInSeconds in
# botocore's sagemaker/2017-07-24 service model.
InstanceCount = Annotated[int, Field(ge=1, le=100), COUNT]
if TYPE_CHECKING:
    # What a type checker takes for the field: a number, or text with its unit, which becomes a number.
    VolumeSize: TypeAlias = int | str
    MaxRuntime: TypeAlias = int | str
else:
    VolumeSize = Annotated[int, Field(ge=1, le=16384), GIGABYTES]
    MaxRuntime = Annotated[int, Field(ge=1, le=777600), SECONDS]
MAX_RUNTIME = "After how many seconds the service ends the job; or a duration, 20m."


def _instance_type(value: str) -> str:
    if not _INSTANCE_TYPE.fullmatch(value):
        raise ValueError(f"{value!r} is no instance type; they are written like ml.m5.large")
    return value


InstanceType = Annotated[str, AfterValidator(_instance_type)] | RuntimeValue


def _or_a_switch(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [{"type": "boolean"}, *schema["anyOf"]]


class CacheSettings(TypedConfig):
    """Whether an earlier result of the step may be used again, and for how long (ISO 8601: `P30D`, `PT12H`)."""

    enabled: bool = Field(default=True, description="Whether an earlier result may be used again.")
    expire_after: str | None = Field(
        default=None, description="For how long it may, as 30 days, 12h, or an ISO 8601 duration.", examples=["P30D"]
    )

    @field_validator("expire_after")
    @classmethod
    def _is_a_duration(cls, value: str | None) -> str | None:
        duration = None if value is None else iso_duration(value)
        if duration is not None and not _DURATION.fullmatch(duration):
            raise ValueError(f"{value!r} is no duration; write 30 days or 12h, or by ISO 8601 P30D or PT12H")
        return duration


class RetrySettings(TypedConfig):
    """When and how often a failed step is tried again: `max_attempts`, or else `expire_after_min`.

    Source of the bounds: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
    """

    exception_types: ListOf[
        Literal[
            "Step.SERVICE_FAULT",
            "Step.THROTTLING",
            "SageMaker.JOB_INTERNAL_ERROR",
            "SageMaker.CAPACITY_ERROR",
            "SageMaker.RESOURCE_LIMIT",
        ]
    ]
    backoff_rate: Annotated[float, Field(ge=1)] = 2.0
    interval_seconds: Annotated[int, Field(ge=1, le=43200), SECONDS] = 1
    max_attempts: Annotated[int, Field(ge=1)] | None = None
    expire_after_min: Annotated[int, Field(ge=1, le=14400), MINUTES] | None = None

    @model_validator(mode="after")
    def _one_end(self) -> RetrySettings:
        if (self.max_attempts is None) == (self.expire_after_min is None):
            raise ValueError("set either max_attempts or expire_after_min")
        return self


class BasePipelineConfig(TypedConfig):
    """What every step's config has. A field that is not set comes from the pipeline, then from its `defaults`.

    Constructing a config never touches the disk. Raises: ConfigError, naming each field that cannot be used.
    """

    # Fields of this class that mean something else in a step's config, so that no shared value fills them.
    fields_not_shared: ClassVar[frozenset[str]] = frozenset()
    # Fields of this class that mean nothing in a step's config, so that it refuses them.
    fields_refused: ClassVar[frozenset[str]] = frozenset()

    region: str | None = Field(
        default=None,
        description="The region; it chooses the processing image where no image_uri does.",
        examples=["eu-west-1"],
    )
    role: Text | None = Field(
        default=None,
        description="The execution role's ARN; left out, the definition reads a parameter ExecutionRole.",
        examples=["arn:aws:iam::123456789012:role/SageMakerPipelines"],
    )
    pipeline_s3_loc: str | None = Field(
        default=None,
        description="The S3 folder below which the step keeps its objects.",
        examples=["s3://my-bucket/credit-risk"],
    )
    image_uri: Text | None = Field(
        default=None,
        description="The container image that the step runs in; else the region's scikit-learn image.",
        examples=["123456789012.dkr.ecr.eu-west-1.amazonaws.com/process:1"],
    )
    subnets: ListOf[Text] = Field(
        default=(), description="The subnets of the VPC that the job runs in, with security_group_ids."
    )
    security_group_ids: ListOf[Text] = Field(
        default=(), description="The security groups of the VPC that the job runs in, with subnets."
    )
    enable_network_isolation: bool | RuntimeValue = Field(
        default=False, description="Whether the job's containers are kept from any network."
    )
    encrypt_inter_container_traffic: bool | RuntimeValue = Field(
        default=False, description="Whether what the job's containers send each other is encrypted."
    )
    volume_kms_key: Text | None = Field(default=None, description="The KMS key that encrypts the instance's volume.")
    output_kms_key: Text | None = Field(default=None, description="The KMS key that encrypts the outputs on S3.")
    tags: dict[str, Text] = Field(default_factory=dict, description="Tags of the job, added to those in defaults.")
    env: dict[str, Text] = Field(
        default_factory=dict, description="Environment variables of the script, added to those in defaults."
    )
    cache: CacheSettings | None = Field(
        default=None,
        description="Whether, and for how long, an earlier result may be used again.",
        examples=[{"enabled": True, "expire_after": "P30D"}],
        json_schema_extra=_or_a_switch,
    )
    retry: ListOf[RetrySettings] = Field(
        default=(),
        description="When a failed step is tried again, with max_attempts or expire_after_min.",
        examples=[[{"exception_types": ["Step.THROTTLING"], "max_attempts": 3}]],
    )

    @field_validator("region")
    @classmethod
    def _is_a_region(cls, value: str | None) -> str | None:
        if value is not None and not _REGION.fullmatch(value):
            raise ValueError(f"{short_repr(value)} is not a region; they are written like eu-west-1")
        return value

    @field_validator("pipeline_s3_loc")
    @classmethod
    def _is_a_folder(cls, value: str | None) -> str | None:
        return None if value is None else s3_folder(value)

    @field_validator("cache", mode="before")
    @classmethod
    def _cache_as_a_switch(cls, value: Any) -> Any:
        return {"enabled": value} if isinstance(value, bool) else value

    def with_shared(self, shared: Mapping[str, Any]) -> Self:
        """This config with each field that it does not set taken from `shared`, where it has such a field."""
        own = {name: getattr(self, name) for name in self.model_fields_set}
        fields = type(self).model_fields
        values = {
            name: value
            for name, value in shared.items()
            if name in fields and name not in self.fields_not_shared and value is not None
        }
        for name in _MERGED:
            if name in own and name in values:
                own[name] = {**values[name], **own[name]}
        return type(self)(**{**values, **own})

    @classmethod
    def get_script_contract(cls) -> ScriptContract | None:
        """The contract of the step's script, or None where the step has none."""
        return None


class ProcessingStepConfigBase(BasePipelineConfig):
    """What every Processing step's config has besides."""

    instance_type: InstanceType = Field(default="ml.m5.large", description="The type of the job's instances.")
    instance_count: InstanceCount | RuntimeValue = Field(default=1, description="How many instances the job has.")
    volume_size_gb: VolumeSize | RuntimeValue = Field(
        default=30, description="The size of each instance's volume, in GB; or with its unit, 1 TB."
    )
    max_runtime_seconds: MaxRuntime | RuntimeValue = Field(default=3600, description=MAX_RUNTIME)


@lru_cache(maxsize=64)
def s3_folder(value: str) -> str:
    """An S3 location of a bucket and a prefix, without a slash at its end.

    >>> s3_folder("s3://my-bucket/credit-risk/")
    's3://my-bucket/credit-risk'

    Raises: ValueError when it is none.
    """
    folder = value.rstrip("/")
    location = bucket_and_key(folder)
    parts = location[1].split("/") if location and location[1] else []
    if location is None or any(part in {"", ".", ".."} or re.search(r"\s", part) for part in parts):
        raise ValueError(f"{value!r} is no S3 location; write s3://bucket/prefix, the bucket with 3 to 63 letters")
    return folder
