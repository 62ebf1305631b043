"""A pipeline definition as records: the pipeline, its steps, and what stands beside a step's arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.definition.parameters import Parameter

VERSION = "2020-12-01"


@dataclass(frozen=True, slots=True)
class PropertyFile:
    """A JSON file in a Processing step's output, whose values later steps read by `JsonGet`."""

    name: str
    output_name: str
    path: str


@dataclass(frozen=True, slots=True)
class CacheConfig:
    """Whether a step's earlier result may be used again, and for how long (ISO 8601, `P30D`)."""

    enabled: bool
    expire_after: str | None = None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When and how often a failed step is tried again.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
    """

    exception_types: tuple[str, ...]
    backoff_rate: float = 2.0
    interval_seconds: int = 1
    max_attempts: int | None = None
    expire_after_min: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, the service's step type, and the arguments of the request that it becomes."""

    name: str
    type: str
    arguments: Mapping[str, Any]
    depends_on: tuple[str, ...] = ()
    property_files: tuple[PropertyFile, ...] = ()
    cache: CacheConfig | None = None
    retry_policies: tuple[RetryPolicy, ...] = ()


@dataclass(frozen=True, slots=True)
class PipelineDefinition:
    """A whole definition: parameters and steps, in the order in which they are written."""

    steps: tuple[Step, ...]
    parameters: tuple[Parameter, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
