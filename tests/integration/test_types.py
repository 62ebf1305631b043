"""What a type checker says of a step that somebody else writes, without the plugin of pydantic."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("mypy", reason="NOT TESTED: mypy is not installed")

STEP = """
from stepsmith import (
    DummyTrainingConfig, ListOf, ProcessingStepBuilder, ProcessingStepConfigBase, ResolvedInput, RuntimeValue,
    StepBuilderBase, StepInputs, StepRequest, Text,
)


class CardConfig(ProcessingStepConfigBase):
    title: Text = "A card"
    owners: ListOf[str] = ()
    pages: int | RuntimeValue = 1


class CardBuilder(ProcessingStepBuilder[CardConfig]):
    config_class = CardConfig

    def validate_inputs(self, provided: object) -> None:
        reveal_type(self.config.owners)
        reveal_type(self.config.instance_type)
        self.config.titel


class PlainBuilder(ProcessingStepBuilder):
    config_class = CardConfig

    def parts(self, inputs: StepInputs) -> StepRequest:
        reveal_type(self.config)
        return super().parts(inputs)


class RegisteringBuilder(StepBuilderBase[CardConfig]):
    def parts(self, inputs: StepInputs) -> StepRequest:
        reveal_type(self.config.title)
        return StepRequest({})


CardBuilder(DummyTrainingConfig())
CardConfig(volume_size_gb="30 GB", max_runtime_seconds="20m")
DummyTrainingConfig(volume_size_gb=30, max_runtime_seconds="1h")
CardConfig(volume_size_gb=[])
"""


def line_of(text):
    return STEP.splitlines().index(text) + 1


@pytest.fixture
def reported(mypy, tmp_path):
    """What a strict mypy says of each line of a step."""
    (tmp_path / "step.py").write_text(STEP)
    _, said = mypy(tmp_path / "step.py")
    return {int(line): text for line, text in re.findall(r"^step\.py:(\d+): (.*)$", said, re.MULTILINE)}


TEXT = 'note: Revealed type is "str | stepsmith.definition.references.Reference"'
TYPES = {
    "        reveal_type(self.config.owners)": 'note: Revealed type is "typing.Sequence[str]"',
    "        reveal_type(self.config.instance_type)": TEXT,
    "        reveal_type(self.config.title)": TEXT,
    "        reveal_type(self.config)": 'note: Revealed type is "Any"',
}
ERRORS = {
    "        self.config.titel": '"CardConfig" has no attribute "titel"; maybe "title"?',
    "CardBuilder(DummyTrainingConfig())": 'incompatible type "DummyTrainingConfig"; expected "CardConfig"',
    "CardConfig(volume_size_gb=[])": 'incompatible type "list[Never]"; expected "int | str | Reference"',
}


def test_a_builder_knows_the_fields_of_its_config_and_a_config_the_values_of_its_fields(reported):
    assert {number: text for number, text in reported.items() if not text.startswith("error: ")} == {
        line_of(line): text for line, text in TYPES.items()
    }


def test_only_what_is_wrong_is_an_error(reported):
    errors = {number: text for number, text in reported.items() if text.startswith("error: ")}
    assert sorted(errors) == sorted(map(line_of, ERRORS))
    assert [text for line, text in ERRORS.items() if text not in errors[line_of(line)]] == []
