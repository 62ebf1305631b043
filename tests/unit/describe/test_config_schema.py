from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, InstanceOf

from stepsmith.describe.config_schema import ConfigFields
from stepsmith.step.model_base import ListOf, RuntimeValue, Text


class Inner(BaseModel):
    many: int
    few: int = 1
    again: Inner | None = None


class Other:
    """Something that JSON does not know, and no reference."""


class Model(BaseModel):
    """Fields of every sort that another package may declare."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    text: str
    maybe: str | None = None
    reference: Text = "x"
    place: Text | Path | None = None
    folder: Path = Path("a")
    switch: bool | RuntimeValue = False
    count: Annotated[int, Field(ge=1, le=9)] | RuntimeValue = 5
    least: Annotated[int, Field(ge=2)] = 2
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    most: Annotated[float, Field(le=2)] = 1
    choice: Literal["a", "b"] | RuntimeValue = "a"
    one: Literal["only"] = "only"
    texts: Sequence[str] = ()
    values: Annotated[ListOf[Text], Field(min_length=1)] = ("x",)
    names: dict[str, Text] = {}
    inner: Inner | None = None
    inners: list[Inner] = []
    pair: tuple[int, str] = (1, "a")
    day: date | None = None
    anything: Any = None
    called: Callable[[], None] | None = None
    other: InstanceOf[Other] | None = None
    nothing: None = None
    made: list[str] = Field(default_factory=list)


FIELDS = ConfigFields(Model)


def test_a_type_is_told_in_words(snapshot):
    snapshot("\n".join(f"{name}: {FIELDS.type_in_words(name)}" for name in FIELDS))


@pytest.mark.parametrize("name", ["called", "other", "nothing"])
def test_a_type_that_has_no_words_is_told_as_anything(name):
    assert FIELDS.type_in_words(name) == FIELDS.type_in_words("anything")


def test_no_type_is_told_as_python_or_a_schema_writes_it():
    told = " ".join(FIELDS.type_in_words(name) for name in FIELDS)
    assert list(FIELDS) == list(Model.model_fields)
    for sign in ("Optional", "Union", "Literal", "[", "|", "$", "null", "None", "string", "integer", "object", "array"):
        assert sign not in told


def test_a_default_is_json_and_none_where_there_is_none():
    assert (FIELDS.default("values"), FIELDS.default("folder"), FIELDS.default("share")) == (["x"], "a", 0.5)
    assert (FIELDS.default("text"), FIELDS.default("made"), FIELDS.default("called")) == (None, None, None)


def test_a_field_without_a_default_must_be_set_and_no_other():
    assert [name for name in FIELDS if FIELDS.required(name)] == ["text"]


def test_an_example_is_the_first_that_is_declared():
    class Declared(BaseModel):
        a: Annotated[int, Field(ge=1)] = Field(examples=[7, 8], description="What it is for.")
        b: str = "c"

    fields = ConfigFields(Declared)
    assert (fields.example("a"), fields.declared_example("a")) == (7, 7)
    assert (fields.example("b"), fields.declared_example("b")) == ("b", None)
    assert (fields.description("a"), fields.description("b")) == ("What it is for.", "")


def test_an_example_that_is_not_declared_is_one_that_the_field_takes():
    taken = {name: FIELDS.example(name) for name in FIELDS if name not in {"day", "called", "other", "pair", "nothing"}}
    assert Model.model_validate(taken)
    assert (taken["count"], taken["choice"], taken["values"], taken["inner"]) == (1, "a", ["values"], {"many": 1})
