"""The catalogue's entry of a step: what it needs, what it offers, what a user sets; plain data from its layers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.describe.config_schema import ConfigFields
from stepsmith.step.config import BasePipelineConfig, ProcessingStepConfigBase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stepsmith.build.declaration import StepDeclaration
    from stepsmith.step.specification import DependencySpec, StepSpecification

_SHARED = frozenset({*BasePipelineConfig.model_fields, *ProcessingStepConfigBase.model_fields})
_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class CatalogueInput:
    """An input of a step, and what fills it: a field of its own config, or outputs of others (`Step.output`)."""

    name: str
    required: bool
    description: str
    field: str | None
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """An output of a step, and the other names by which it fills an input."""

    name: str
    aliases: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class CatalogueField:
    """A field of a step's config: its type in words, its default and an example as JSON, None where there is none."""

    name: str
    type: str
    required: bool
    default: Any
    example: Any
    description: str


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A step in the catalogue. `shared` are the fields that every step has; `example` is what stands in `steps:`."""

    name: str
    description: str
    needs: tuple[CatalogueInput, ...]
    offers: tuple[Offer, ...]
    fields: tuple[CatalogueField, ...]
    shared: tuple[CatalogueField, ...]
    example: dict[str, dict[str, Any]]


def catalogue_entry(step: StepDeclaration, others: Iterable[StepDeclaration] = ()) -> CatalogueEntry:
    """The entry of a step; `others` are the steps whose outputs may fill what it needs."""
    fields = ConfigFields(step.config_class)
    own, shared = _settings(step, fields)
    specifications = [other.specification for other in others if other.name != step.name]
    settable = {item.name for item in own}
    needs = tuple(_need(item, settable, specifications) for item in step.specification.dependencies)
    offers = tuple(
        Offer(item.logical_name, tuple(item.aliases), item.description) for item in step.specification.outputs
    )
    return CatalogueEntry(
        step.name, step.description, needs, offers, own, shared, _example(step.name, fields, own, needs)
    )


def _settings(
    step: StepDeclaration, fields: ConfigFields
) -> tuple[tuple[CatalogueField, ...], tuple[CatalogueField, ...]]:
    """A step's own fields, those that must be set first, and the fields that it shares with others."""
    config_class = step.config_class
    settings = [_setting(name, fields) for name in fields if name not in config_class.fields_refused]
    names = _SHARED - config_class.fields_not_shared
    own = [item for item in settings if item.name not in names]
    own.sort(key=lambda item: (not item.required, item.name in _SHARED))
    return tuple(own), tuple(item for item in settings if item.name in names)


def _setting(name: str, fields: ConfigFields) -> CatalogueField:
    return CatalogueField(
        name=name,
        type=fields.type_in_words(name),
        required=fields.required(name),
        default=fields.default(name),
        example=fields.declared_example(name),
        description=fields.description(name),
    )


def _need(dependency: DependencySpec, settable: set[str], others: Sequence[StepSpecification]) -> CatalogueInput:
    name = dependency.logical_name
    outputs = tuple(
        f"{other.step_type}.{output.logical_name}"
        for other in others
        for output in other.outputs
        if name in {output.logical_name, *output.aliases}
    )
    return CatalogueInput(
        name, dependency.required, dependency.description, name if name in settable else None, outputs
    )


def _example(
    step_type: str, fields: ConfigFields, own: Iterable[CatalogueField], needs: Iterable[CatalogueInput]
) -> dict[str, dict[str, Any]]:
    """What must be set, and the steps after which the step must come, each named by its type."""
    required = [need for need in needs if need.required]
    filling = {need.field for need in required}
    values = {item.name: fields.example(item.name) for item in own if item.required or item.name in filling}
    after = [_step_name(need.outputs[0].partition(".")[0]) for need in required if need.outputs and not need.field]
    order = {"after": list(dict.fromkeys(after))} if after else {}
    return {_step_name(step_type): {"type": step_type, **values, **order}}


def _step_name(step_type: str) -> str:
    """A name for a step of a type.

    >>> _step_name("DummyTraining")
    'dummy-training'
    """
    return "-".join(words_of(step_type))


def words_of(step_type: str) -> list[str]:
    """The words of a step's type.

    >>> words_of("DummyTraining")
    ['dummy', 'training']
    """
    return [word.lower() for word in _BETWEEN_WORDS.split(step_type)]
