"""The builder: turns contract, specification and config into one step of a definition. What every step shares."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from typing_extensions import TypeVar

from stepsmith.build.dependencies import step_dependencies
from stepsmith.build.step_request import BuiltStep, StepInputs, StepRequest
from stepsmith.definition.coercion import coerce_parameters
from stepsmith.definition.known_digests import NO_DIGESTS
from stepsmith.definition.model import CacheConfig, RetryPolicy, Step
from stepsmith.definition.parse import from_expression
from stepsmith.definition.references import Get, references_in, step_of
from stepsmith.diagnostics import About, ConfigError, Faults, Rule
from stepsmith.resolve.resolver import UNKNOWN_SOURCE, UnifiedDependencyResolver
from stepsmith.step.config import BasePipelineConfig

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from stepsmith.build.dependencies import StepDependency
    from stepsmith.definition.known_digests import KnownDigests
    from stepsmith.definition.references import Value
    from stepsmith.diagnostics.finding import Path as DataPath
    from stepsmith.resolve.resolver import Source
    from stepsmith.step.specification import StepSpecification

# What `self.config` is. A builder that names no config class has any config, as far as a type checker sees.
ConfigT = TypeVar("ConfigT", bound=BasePipelineConfig, default=Any)
# The parameter that a definition reads its role from where the config names none.
EXECUTION_ROLE = "ExecutionRole"
# Stands in for a location that is not set, so that all else can be checked.
_UNKNOWN_LOCATION = "s3://unknown"
# What the parts of a step beside its arguments are made of.
_ORIGINS_BESIDE: Mapping[DataPath, DataPath] = {
    ("CacheConfig",): ("cache",),
    ("CacheConfig", "ExpireAfter"): ("cache", "expire_after"),
    ("RetryPolicies",): ("retry",),
    ("DependsOn",): ("after",),
}


class StepBuilderBase(ABC, Generic[ConfigT]):
    """Makes a step of a definition. Describes it only: nothing is run, uploaded or asked of a network.

    `sagemaker_session` and `notebook_root` are accepted for callers that have them, and unused. `base_dir` is the
    folder that relative paths in the config are relative to. Files whose digest `digests` knows are not read.
    `StepBuilderBase[MyConfig]` gives `self.config` its type.
    """

    specification: ClassVar[StepSpecification]
    config_class: ClassVar[type[BasePipelineConfig]]
    service_type: ClassVar[str]

    def __init__(
        self,
        config: ConfigT,
        sagemaker_session: object = None,
        role: Any = None,
        notebook_root: object = None,  # noqa: ARG002 - part of the agreed interface
        registry_manager: object = None,
        dependency_resolver: UnifiedDependencyResolver | None = None,
        *,
        base_dir: Path | None = None,
        digests: KnownDigests = NO_DIGESTS,
    ) -> None:
        if not isinstance(config, self.config_class):
            message = f"{type(self).__name__} takes a {self.config_class.__name__}, not {type(config).__name__}"
            raise ConfigError("STP203", message)
        self.config = config
        self.sagemaker_session = sagemaker_session
        self.registry_manager = registry_manager
        self.resolver = dependency_resolver or UnifiedDependencyResolver()
        self.base_dir = base_dir or Path.cwd()
        self.digests = digests
        self._role = from_expression(role)

    def validate_configuration(self, provided: Collection[str] = ()) -> None:
        """Checks what only the disk can tell; `provided` names the inputs that other steps provide.

        Raises: ConfigError (a ValueError) or MissingFileError (a FileNotFoundError).
        """

    def create_step(
        self,
        dependencies: Sequence[Any] = (),
        step_name: str | None = None,
        *,
        inputs: Mapping[str, Any] | None = None,
        sources: Mapping[str, Source] | None = None,
        faults: Faults | None = None,
    ) -> BuiltStep:
        """The step, named `step_name` or else by its type, after `dependencies`.

        Dependencies are built steps, which fill the step's inputs where they can, or what the SDK has in `depends_on`:
        its steps (any object with a `name`), those of ours that were handed to it, and its `StepDependency` of an
        outcome. Those that fill none become DependsOn. `inputs` maps an input to `step.output`, to a reference, or to a
        variable of the SDK's. `sources` says what fills each input, if that is known already. Raises: every error
        found, together. If `faults` is given, they are added to it instead, and the step may be unfinished.
        """
        name = step_name or self.specification.step_type
        collected = faults or Faults()
        step = BuiltStep.unfinished(name, self.specification)
        with collected.collect():
            predecessors = step_dependencies(dependencies)
            if sources is None:
                upstream = [predecessor.built for predecessor in predecessors if predecessor.built is not None]
                sources = self._sources(upstream, inputs, collected)
            step = self._build_step(StepInputs(name, sources, collected), predecessors)
        if faults is None:
            collected.raise_if_any()
        return step

    def _sources(
        self, upstream: Sequence[BuiltStep], inputs: Mapping[str, Any] | None, faults: Faults
    ) -> Mapping[str, Source]:
        wired = from_expression(inputs) or {}
        settable = type(self.config).model_fields
        with faults.collect():
            return self.resolver.resolve(self.specification, upstream, wired, self.written_inputs(), settable)
        # Nobody knows what fills them. Something does, so that the rest of the step is checked.
        return dict.fromkeys({*self.unwritten_inputs(), *wired}, UNKNOWN_SOURCE)

    def _build_step(self, inputs: StepInputs, predecessors: Sequence[StepDependency]) -> BuiltStep:
        with inputs.faults.collect():
            self.validate_configuration({name for name, source in inputs.sources.items() if not source.is_config})
        request = self.parts(inputs)
        references = tuple(references_in(request.arguments))
        if any(isinstance(reference, Get) and reference.type for reference in references):
            request = replace(request, arguments=coerce_parameters(self.service_type, request.arguments, {}))
        steps_read = {step_of(reference) for reference in references}
        # A step that is read is waited for without DependsOn. One that must also have another outcome stays in
        # DependsOn, and the checks of the definition report the contradiction.
        steps_read -= {predecessor.name for predecessor in predecessors if predecessor.trigger}
        waited_for = [predecessor for predecessor in predecessors if predecessor.name not in steps_read]
        after = sorted({(predecessor.name, predecessor.trigger or "") for predecessor in waited_for})
        return BuiltStep(
            self._definition_step(inputs.step_name, request, after),
            self.specification,
            request.assets,
            request.provenance,
            inputs.sources,
            references,
            {**_ORIGINS_BESIDE, **{("Arguments", *path): origin for path, origin in request.origins.items()}},
        )

    @abstractmethod
    def parts(self, inputs: StepInputs) -> StepRequest:
        """The request that the step becomes, and what stands beside it."""

    def written_inputs(self) -> set[str]:
        """The dependencies that the config fills: those with a field of their name that is set."""
        names = (dependency.logical_name for dependency in self.specification.dependencies)
        return {name for name in names if getattr(self.config, name, None) is not None}

    def unwritten_inputs(self) -> set[str]:
        """The dependencies that the config does not fill, and that another step has to."""
        return {dependency.logical_name for dependency in self.specification.dependencies} - self.written_inputs()

    @property
    def role(self) -> Value:
        """The role of the step's job: the config's, the builder's, or the parameter `ExecutionRole`."""
        return self.config.role or self._role or Get(f"Parameters.{EXECUTION_ROLE}")

    @property
    def folder(self) -> str:
        """The step type as a folder's name: `dummy_training` for DummyTraining."""
        return _folder(self.specification.step_type)

    @property
    def location(self) -> str:
        """The S3 folder below which the step keeps its objects."""
        return f"{self.config.pipeline_s3_loc or _UNKNOWN_LOCATION}/{self.folder}"

    def _definition_step(self, name: str, parts: StepRequest, after: Sequence[tuple[str, str]]) -> Step:
        cache = self.config.cache
        triggers = tuple(trigger or None for _, trigger in after)
        return Step(
            name=name,
            type=self.service_type,
            arguments=parts.arguments,
            depends_on=tuple(name for name, _ in after),
            triggers=triggers if any(triggers) else (),
            property_files=parts.property_files,
            cache=CacheConfig(cache.enabled, cache.expire_after) if cache else None,
            retry_policies=tuple(
                RetryPolicy(
                    tuple(policy.exception_types),
                    policy.backoff_rate,
                    policy.interval_seconds,
                    policy.max_attempts,
                    policy.expire_after_min,
                )
                for policy in self.config.retry
            ),
        )


@cache
def _folder(step_type: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", step_type).lower()


RULES = (
    Rule(
        "STP203",
        "A config of the wrong class",
        "A builder reads the fields of its own config class.",
        About.STEP,
        "Pass an instance of the config class that the message names.",
    ),
)
