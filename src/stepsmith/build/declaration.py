"""A step as it is registered: its four layers, joined."""

from __future__ import annotations

from dataclasses import dataclass

from stepsmith.build.builder import StepBuilderBase
from stepsmith.diagnostics import About, Faults, Rule, StepError
from stepsmith.step.config import BasePipelineConfig
from stepsmith.step.specification import StepSpecification


@dataclass(frozen=True, slots=True)
class StepDeclaration:
    """A step's specification (and with it the contract), config class and builder class, and what it is for.

    Raises: StepError when one of them is something else.
    """

    specification: StepSpecification
    config_class: type[BasePipelineConfig]
    builder_class: type[StepBuilderBase]
    description: str

    def __post_init__(self) -> None:
        faults = Faults()
        if not isinstance(self.specification, StepSpecification):
            message = f"specification is to be a StepSpecification, and is {self.specification!r}"
            faults.add(StepError("STP002", message))
        for layer, base in (("config_class", BasePipelineConfig), ("builder_class", StepBuilderBase)):
            value = getattr(self, layer)
            if not (isinstance(value, type) and issubclass(value, base)):
                message = f"{layer} is to be a class derived from {base.__name__}, and is {value!r}"
                faults.add(StepError("STP002", message))
        faults.raise_if_any()

    @property
    def name(self) -> str:
        """The step's type, which is its name in the registry."""
        return self.specification.step_type

    @property
    def builder_step_name(self) -> str:
        """The name under which a registry knows the builder: `DummyTrainingStep`."""
        return f"{self.name}Step"

    def as_strings(self) -> dict[str, str]:
        """The step's entry in `STEP_NAMES`."""
        return {
            "config_class": self.config_class.__name__,
            "builder_step_name": self.builder_step_name,
            "spec_type": self.specification.step_type,
            "description": self.description,
        }


RULES = (
    Rule(
        "STP002",
        "A declaration with a layer of the wrong type",
        "A step's declaration joins a StepSpecification with a config class and a builder class. Nothing can "
        "be built from other objects.",
        About.STEP,
        "Pass a `StepSpecification`, a class derived from `BasePipelineConfig`, and a class derived from "
        "`StepBuilderBase`.",
    ),
)
