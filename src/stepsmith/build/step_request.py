"""What a builder reads and makes: the sources of a step's inputs, its request's parts, and the step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stepsmith.definition.model import Step
from stepsmith.definition.references import Get
from stepsmith.diagnostics import Faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.definition.assets import Asset
    from stepsmith.definition.model import PropertyFile
    from stepsmith.definition.references import Reference, Value
    from stepsmith.diagnostics.finding import Path
    from stepsmith.resolve.resolver import Source
    from stepsmith.step.specification import OutputSpec, StepSpecification


@dataclass(frozen=True, slots=True)
class BuiltStep:
    """A step of a definition with what it was made from; only the definition step and the assets leave the left half.

    `provenance` says what is known of the model in the step's outputs: `source`, `source_sha256`, `package_sha256`.
    `sources` says what filled each dependency, and why. `references` are those in the step's arguments. `origins` maps
    the path of a part of the definition's step to the path of the config's field that it is made of.
    """

    definition_step: Step
    specification: StepSpecification
    assets: tuple[Asset, ...] = ()
    provenance: Mapping[str, Value] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    origins: Mapping[Path, Path] = field(default_factory=dict)

    @classmethod
    def unfinished(cls, name: str, specification: StepSpecification) -> BuiltStep:
        """What stands in for a step that could not be built, so that the steps after it can be checked."""
        return cls(Step(name, "", {}), specification)

    @property
    def name(self) -> str:
        """The step's name in its pipeline."""
        return self.definition_step.name

    @property
    def is_unfinished(self) -> bool:
        """Whether the step could not be built."""
        return not self.definition_step.type

    def location(self, output: OutputSpec) -> Get:
        """The reference that reads where the step left an output."""
        return Get(f"Steps.{self.name}.{output.property_path.removeprefix('properties.')}")


@dataclass(frozen=True, slots=True)
class StepRequest:
    """What a builder makes of its config and sources: the request, and what stands beside it.

    `origins` maps the path of an argument to the path of the field that it is made of; `request_of` returns both.
    """

    arguments: dict[str, Any]
    assets: tuple[Asset, ...] = ()
    property_files: tuple[PropertyFile, ...] = ()
    provenance: Mapping[str, Value] = field(default_factory=dict)
    origins: Mapping[Path, Path] = field(default_factory=dict)


class StepInputs:
    """What fills the inputs of one step: where each dependency comes from.

    A builder adds to `faults` what is wrong with one part of the step, and goes on with the others.
    """

    def __init__(self, step_name: str, sources: Mapping[str, Source], faults: Faults | None = None) -> None:
        self.step_name = step_name
        self.sources = sources
        self.faults = faults or Faults()

    def step(self, dependency: str) -> BuiltStep | None:
        """The step that provides a dependency, or None where none does."""
        source = self.sources.get(dependency)
        return source.provider if source and isinstance(source.provider, BuiltStep) else None

    def location(self, dependency: str) -> Reference | None:
        """The reference that reads where a dependency's source is, or None where only the config says it."""
        source, step = self.sources.get(dependency), self.step(dependency)
        if source and source.reference is not None:
            return source.reference
        return step.location(source.output) if source and step and source.output else None
