"""What a builder reads and makes: the sources of a step's inputs, its request's parts, and the step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stepsmith.definition.references import Get

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.definition.assets import Asset
    from stepsmith.definition.model import PropertyFile, Step
    from stepsmith.definition.references import Reference, Value
    from stepsmith.layers.resolver import Source
    from stepsmith.layers.specification import OutputSpec, StepSpecification


@dataclass(frozen=True, slots=True)
class BuiltStep:
    """A step of a definition with what it was made from; only the definition step and the assets leave the left half.

    `provenance` says what is known of the model in the step's outputs: `source`, `source_sha256`, `package_sha256`.
    `sources` says what filled each dependency, and why. `references` are those in the step's arguments.
    """

    definition_step: Step
    specification: StepSpecification
    assets: tuple[Asset, ...] = ()
    provenance: Mapping[str, Value] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()

    @property
    def name(self) -> str:
        """The step's name in its pipeline."""
        return self.definition_step.name

    def location(self, output: OutputSpec) -> Get:
        """The reference that reads where the step left an output."""
        return Get(f"Steps.{self.name}.{output.property_path.removeprefix('properties.')}")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a builder makes of its config and sources: the request, and what stands beside it."""

    arguments: dict[str, Any]
    assets: tuple[Asset, ...] = ()
    property_files: tuple[PropertyFile, ...] = ()
    provenance: Mapping[str, Value] = field(default_factory=dict)


class Inputs:
    """What fills the inputs of one step: where each dependency comes from."""

    def __init__(self, step_name: str, sources: Mapping[str, Source]) -> None:
        self.step_name = step_name
        self.sources = sources

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
