"""A definition of our own is broken in one place at a time; each break is found, and nothing else is."""

from __future__ import annotations

import copy
import json
from collections import Counter
from pathlib import Path

import pytest

from stepsmith.definition.checks import faults_of
from stepsmith.definition.parse import parse
from stepsmith.errors import StepsmithError

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "penguins" / "definition.json").read_text("utf-8"))
# Objects whose keys are anybody's; what stands in a function of the language is the language's to say.
MAPS = ("Environment", "CustomerMetadataProperties")
FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")
CHOICES = ("S3DataType", "S3InputMode", "S3UploadMode", "InstanceType")
GETS = (
    ("no such step", "Steps.nowhere.X", "DEF111"),
    ("no such parameter", "Parameters.Nowhere", "DEF110"),
    ("no such word", "Nowhere.X", "DEF114"),
)
# In place of a code: the text is refused as no definition.
REFUSED = "refused"


def places(value, path=()):
    """Each place of a JSON value, with what stands there; of functions, the function alone."""
    yield path, value
    if isinstance(value, dict) and not any(name in value for name in FUNCTIONS):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def changed(path, change):
    """The definition with what stands at `path` replaced by what `change` makes of its holder and key."""
    document = copy.deepcopy(GOLDEN)
    change(at(document, path[:-1]), path[-1])
    return document


def renamed(holder, key):
    holder["Not" + key] = holder.pop(key)


def replaced(value):
    def change(holder, key):
        holder[key] = value

    return change


def of_a_place(path, value):
    """The mutations of one place of a step's arguments: what each is, the broken definition, and the code for it."""
    holder, key = path[-2:]
    if isinstance(key, str) and holder not in MAPS and len(path) > 3:
        yield "misspelt", path, changed(path, renamed), "DEF130"
        if isinstance(value, str):
            yield "a list for a text", path, changed(path, replaced([1])), "DEF132"
        if isinstance(value, dict) and key not in MAPS and not set(FUNCTIONS) & set(value):
            yield "a text for an object", path, changed(path, replaced("x")), "DEF132"
    if isinstance(value, int):
        yield "a text for a number", path, changed(path, replaced("many")), "DEF132"
        yield "a number out of range", path, changed(path, replaced(-1)), "DEF137"
    if isinstance(value, dict) and "Get" in value:
        for what, read, code in GETS:
            yield what, path, changed((*path, "Get"), replaced(read)), code
    if key in CHOICES:
        yield "no such choice", path, changed(path, replaced("Nonesuch")), "DEF133"
    if holder == "ContainerArguments" and isinstance(value, str):
        yield "too long", path, changed(path, replaced("x" * 257)), "DEF135"


def mutations():
    for index, step in enumerate(GOLDEN["Steps"]):
        for path, value in places(step["Arguments"], ("Steps", index, "Arguments")):
            yield from of_a_place(path, value)
        if "DependsOn" in step:
            place = ("Steps", index, "DependsOn")
            yield "waits for no step", place, changed(place, replaced(["nowhere"])), "DEF111"
    for path, value in ((("Version",), "2019-01-01"), (("Steps",), {}), (("Parameters", 0, "Type"), "Text")):
        yield "no definition", path, changed(path, replaced(value)), REFUSED


MUTATIONS = [pytest.param(*one[1:], id=f"{number}-{one[0]}") for number, one in enumerate(mutations())]


def found_in(document):
    """The findings of a definition, by their codes."""
    try:
        return Counter(finding.code for finding in faults_of(parse(json.dumps(document))))
    except StepsmithError:
        return Counter([REFUSED])


def test_the_definition_itself_has_no_finding_and_is_broken_in_many_ways():
    assert found_in(GOLDEN) == {}
    assert len(MUTATIONS) > 400
    assert len(Counter(one.id.partition("-")[2] for one in MUTATIONS)) > 8


@pytest.mark.parametrize(("path", "document", "code"), MUTATIONS)
def test_each_break_is_found_and_nothing_else(path, document, code):
    found = found_in(document)
    assert found.pop(code, 0) == 1
    # An output that has lost its name is missed by who reads it, and by the property file that lies in it.
    expected = {"DEF153", "DEF115"} if path[-1] in ("ProcessingOutputConfig", "Outputs", "OutputName") else set()
    assert set(found) <= expected
