"""A pipeline definition as records: the pipeline, its steps, and what stands beside a step's arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeVar

from stepsmith.definition.references import Composite, Get
from stepsmith.sagemaker.step_types import branches_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stepsmith.definition.parameters import Parameter
    from stepsmith.sagemaker.step_types import NamedList

VERSION = "2020-12-01"
# The outcome of a dependency that lets a step run where nothing else is said.
COMPLETED = "Completed"
# All that may be asked for. Source: SageMaker Python SDK v3, mlops.workflow.step_dependency.
OUTCOMES = (COMPLETED, "Failed", "Stopped", "Any")
EXPERIMENT = {"ExperimentName": Get("Execution.PipelineName"), "TrialName": Get("Execution.PipelineExecutionId")}


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
class Step(Composite):
    """One step: its name, the service's step type, and the arguments of the request that it becomes.

    `triggers` says of each of `depends_on` which outcome of it lets the step run, or None where that is not said; it is
    empty where none is. `others` are the members that have no field here, as they are written. Those of its arguments
    that hold steps (IfSteps and ElseSteps of a Condition, ForEachBody) are lists of steps. `source` is the JSON that a
    step was read from, which is written again as it was. A copy with a changed field has none (`dataclasses.replace`),
    so do not change a step's mappings in place.
    """

    name: str
    type: str
    arguments: Mapping[str, Any]
    depends_on: tuple[str, ...] = ()
    property_files: tuple[PropertyFile, ...] = ()
    cache: CacheConfig | None = None
    retry_policies: tuple[RetryPolicy, ...] = ()
    others: Mapping[str, Any] = field(default_factory=dict)
    triggers: tuple[str | None, ...] = ()
    source: Mapping[str, Any] | None = field(default=None, init=False, compare=False, repr=False)

    @property
    def dependencies(self) -> tuple[tuple[str, str | None], ...]:
        """The name of each step that it depends on, and the outcome of it that is asked for, or None."""
        return tuple(zip_longest(self.depends_on, self.triggers[: len(self.depends_on)]))

    @property
    def held(self) -> tuple[Any, ...]:
        """The values that it holds: its arguments, and its other members."""
        return self.arguments, self.others

    @property
    def own_arguments(self) -> dict[str, Any]:
        """Its arguments without the steps of its branches, which have their own."""
        branches = self.branches
        return {name: value for name, value in self.arguments.items() if name not in branches}

    def entries(self, ports: NamedList) -> Any:
        """The entries of one of its named lists; None if it has no such list, or a reference that stands for it."""
        value: Any = self.arguments
        for member in ports.path:
            value = value.get(member) if isinstance(value, dict) else value
        return value

    @property
    def branches(self) -> dict[str, tuple[Step, ...]]:
        """The steps of a Condition's branches, or of a ForEach's body, by the argument that holds them."""
        names = branches_of(self.type)
        if not names or not isinstance(self.arguments, dict):
            return {}
        named = {name: self.arguments.get(name, ()) for name in names}
        return {name: tuple(step for step in steps if isinstance(step, Step)) for name, steps in named.items()}


@dataclass(frozen=True, slots=True)
class PipelineDefinition:
    """A whole definition: parameters and steps, in the order in which they are written.

    `experiment` is PipelineExperimentConfig; as it is unless said, an execution is a trial of the pipeline's own
    experiment, as the SDK has it. `others` and `source` are as those of a step.
    """

    steps: tuple[Step, ...]
    parameters: tuple[Parameter, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    experiment: Any = field(default_factory=lambda: dict(EXPERIMENT))
    others: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] | None = field(default=None, init=False, compare=False, repr=False)


_Record = TypeVar("_Record", Step, PipelineDefinition)


def with_source(record: _Record, source: Mapping[str, Any]) -> _Record:
    """The record, which remembers the JSON object that it was read from."""
    object.__setattr__(record, "source", source)  # as every frozen dataclass does
    return record


def all_steps(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, each followed by those of its branches, and of theirs."""
    for step in steps:
        yield step
        for branch in step.branches.values():
            yield from all_steps(branch)
