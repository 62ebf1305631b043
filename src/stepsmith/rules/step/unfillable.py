"""STP127: a dependency says that a local file may fill it, and the config has no field of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.build.processing import ProcessingStepBuilder
from stepsmith.diagnostics import About, Example, Finding, Rule, suggest_names
from stepsmith.step.config import ProcessingStepConfigBase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.rules.step_code import StepCode


def _check(step: StepCode) -> Iterator[Finding]:
    builder, config = step.declaration.builder_class, step.declaration.config_class
    fields = builder.fields_of_ports if issubclass(builder, ProcessingStepBuilder) else {}
    for dependency in step.declaration.specification.dependencies:
        name = dependency.logical_name
        field = fields.get(name, name)
        if "LocalFile" in dependency.compatible_sources and field not in config.model_fields:
            message = f"a local file may fill {name!r}, and {config.__name__} has no field {field!r}"
            own_fields = config.model_fields.keys() - ProcessingStepConfigBase.model_fields.keys()
            hint = suggest_names(field, own_fields)
            fix = f"give the config a field of its name ({hint}), or leave LocalFile out"
            yield RULE.finding(message, fix=fix, position=step.locate(name, layer="specification"))


RULE = Rule(
    code="STP127",
    title="An input for a local file without a config field",
    why="A config field fills the input that has the same name. Without such a field, a user cannot provide the file.",
    about=About.STEP,
    fix="Add a field with the name of the dependency to the config, or remove `LocalFile` from its compatible sources.",
    example=Example(
        "src/example_step/step.py",
        "    source: Path | str | None = Field(",
        "    sources: Path | str | None = Field(",
    ),
    check=_check,
)
