"""Laws of the definition language, over generated definitions."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepsmith.definition.assets import digest_of, object_of_bytes
from stepsmith.definition.checks import check
from stepsmith.definition.checks.references import dependencies, order
from stepsmith.definition.emit import emit
from stepsmith.definition.model import CacheConfig, PipelineDefinition, PropertyFile, RetryPolicy, Step
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.parse import parse, value_from_json
from stepsmith.definition.references import Get, Join, JsonGet, JsonGetFromS3, references_in, to_json
from stepsmith.diagnostics import DefinitionError
from stepsmith.sagemaker.step_types import STEP_TYPES, branches_of

LAWS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMES = st.text("abcXYZ019-_", min_size=1, max_size=8)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = TEXTS | st.booleans() | NUMBERS
PATHS = st.builds("Parameters.{}".format, NAMES) | st.builds("Steps.{}.{}".format, NAMES, NAMES) | TEXTS
REFERENCES = st.recursive(
    st.builds(Get, PATHS) | st.builds(JsonGet, NAMES, NAMES, TEXTS),
    lambda inner: (
        st.builds(Join, TEXTS, st.lists(SCALARS | inner, max_size=3)) | st.builds(JsonGetFromS3, SCALARS | inner, TEXTS)
    ),
    max_leaves=4,
)
# A member's name: none of the words of the language, by which a reference is told from data.
MEMBERS = TEXTS.filter(lambda text: text != "Get" and not text.startswith("Std:"))
VALUES = st.recursive(
    st.none() | SCALARS | REFERENCES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=3),
    max_leaves=8,
)
TYPED = {
    "String": TEXTS,
    "Integer": st.integers(),
    "Float": st.floats(allow_nan=False, allow_infinity=False) | st.integers(),
    "Boolean": st.booleans(),
}


@st.composite
def parameters(draw):
    """A parameter with or without a default and allowed values, which hold the default."""
    kind = draw(st.sampled_from(sorted(TYPED)))
    default = draw(st.none() | TYPED[kind])
    enum = draw(st.lists(TYPED[kind], max_size=3))
    return Parameter(draw(NAMES), kind, default, (*enum, default) if enum and default is not None else tuple(enum))


TYPES = st.sampled_from([*STEP_TYPES, "OfTomorrow"]).filter(lambda name: not branches_of(name))
# Names of members that a step, and a definition, have no field for.
UNKNOWN = TEXTS.map("Other{}".format)
OTHERS = st.dictionaries(UNKNOWN, VALUES, max_size=2)


# Strategies are made once, and not for each step: to make one takes longer than to draw from it.
AFTER = st.lists(st.tuples(NAMES, st.none() | st.sampled_from(["Completed", "Failed", "Any", "other", ""])), max_size=3)
FILES = st.lists(st.builds(PropertyFile, NAMES, NAMES, TEXTS), max_size=2).map(tuple)
CACHES = st.none() | st.builds(CacheConfig, st.booleans(), st.none() | st.sampled_from(["P30D", "PT1H"]))
RETRIES = st.lists(
    st.builds(
        RetryPolicy,
        st.lists(TEXTS, min_size=1, max_size=2).map(tuple),
        st.floats(1, 10),
        st.integers(1, 60),
        st.none() | st.integers(1, 9),
        st.none() | st.integers(1, 9),
    ),
    max_size=2,
).map(tuple)


def step(name, kind, arguments, after, *beside):
    """A step that depends on others, each with the outcome that it waits for, or None."""
    triggers = tuple(trigger for _, trigger in after)
    depends_on = tuple(name for name, _ in after)
    return Step(name, kind, arguments, depends_on, *beside, triggers if set(triggers) - {None} else ())


def steps_of(types, arguments):
    """Steps of the given types and arguments, and whatever may stand beside these."""
    return st.builds(step, NAMES, types, arguments, AFTER, FILES, CACHES, RETRIES, OTHERS)


def holders(inner):
    """Steps that hold the given steps: conditions and loops."""
    return st.one_of(
        steps_of(
            st.just(kind),
            st.fixed_dictionaries(
                {"Conditions": st.lists(VALUES, max_size=2)},
                optional={name: st.lists(inner, max_size=2) for name in names},
            ),
        )
        for kind, names in sorted((name, branches_of(name)) for name in STEP_TYPES if branches_of(name))
    )


STEPS = st.recursive(steps_of(TYPES, st.dictionaries(MEMBERS, VALUES, max_size=3)), holders, max_leaves=3)
DEFINITIONS = st.builds(
    PipelineDefinition,
    st.lists(STEPS, max_size=3).map(tuple),
    st.lists(parameters(), max_size=3).map(tuple),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
    st.dictionaries(MEMBERS, VALUES, max_size=2),
    OTHERS,
)
JSON = st.recursive(
    st.none() | SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Get", "Std:Join", "Std:JsonGet", "On", "Values", "Path"]), inner, max_size=2
        )
        | st.dictionaries(TEXTS, inner, max_size=2)
    ),
    max_leaves=6,
)
# JSON in which nothing is a word of the language.
JSON_DATA = st.recursive(
    st.none() | SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(MEMBERS, inner, max_size=2),
    max_leaves=4,
)
ADDED = st.dictionaries(UNKNOWN, JSON_DATA, max_size=2)
# Which of the keys of an object are left out: a bit for each.
LEFT_OUT = st.integers(0, 2**9 - 1)
NEVER_LEFT_OUT = {"Version", "Steps", "Name", "Type", "DefaultValue", "EnumValues"}
# Every place of a definition's JSON in which a hand may have written anything.
PLACES = st.sampled_from(
    [
        ("Version",),
        ("Metadata",),
        ("Parameters",),
        ("Steps",),
        *(("Parameters", 0, key) for key in ("Name", "Type", "DefaultValue", "EnumValues")),
        *(
            ("Steps", 0, key)
            for key in ("Name", "Type", "Arguments", "DependsOn", "CacheConfig", "PropertyFiles", "RetryPolicies")
        ),
        *(("Steps", 0, "CacheConfig", key) for key in ("Enabled", "ExpireAfter")),
        *(("Steps", 0, "PropertyFiles", 0, key) for key in ("PropertyFileName", "OutputName", "FilePath")),
        *(
            ("Steps", 0, "RetryPolicies", 0, key)
            for key in ("ExceptionType", "BackoffRate", "IntervalSeconds", "MaxAttempts", "ExpireAfterMin")
        ),
        ("Steps", 0, "Arguments", "Environment"),
    ]
)


def good():
    """The JSON of a definition in which every place of PLACES stands."""
    return {
        "Version": "2020-12-01",
        "Metadata": {},
        "Parameters": [{"Name": "P", "Type": "String", "DefaultValue": "x", "EnumValues": ["x"]}],
        "Steps": [
            {
                "Name": "a",
                "Type": "Processing",
                "Arguments": {"Environment": {}},
                "DependsOn": ["a"],
                "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"},
                "PropertyFiles": [{"PropertyFileName": "f", "OutputName": "o", "FilePath": "x"}],
                "RetryPolicies": [{"ExceptionType": ["e"], "BackoffRate": 2.0, "IntervalSeconds": 1}],
            }
        ],
    }


@LAWS
@given(DEFINITIONS)
def test_a_definition_read_from_what_it_was_written_as_is_that_definition(definition):
    assert parse(emit(definition)) == definition


@LAWS
@given(DEFINITIONS)
def test_what_was_read_is_written_with_the_same_bytes(definition):
    assert emit(parse(emit(definition))).encode() == emit(definition).encode()


@LAWS
@given(DEFINITIONS, st.data())
def test_whatever_was_left_out_or_added_is_written_as_it_was(definition, data):
    document = json.loads(emit(definition))
    for holder in [document, *document["Steps"], *document["Parameters"]]:
        bits = data.draw(LEFT_OUT)
        for index, key in enumerate(sorted(holder.keys() - NEVER_LEFT_OUT)):
            if bits >> index & 1:
                del holder[key]
        holder.update(data.draw(ADDED))
    assert json.loads(emit(parse(json.dumps(document)))) == document


@LAWS
@given(VALUES)
def test_a_value_read_from_what_it_was_written_as_is_that_value(value):
    assert value_from_json(json.loads(json.dumps(to_json(value)))) == value


@LAWS
@given(VALUES)
def test_what_is_written_of_a_value_holds_no_reference(value):
    assert references_in(to_json(value)) == []


@LAWS
@given(PLACES, JSON)
def test_whatever_stands_in_a_place_the_text_is_read_and_checked_or_refused_as_no_definition(place, value):
    document = good()
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    try:
        definition = parse(json.dumps(document))
    except DefinitionError:
        return
    check(definition)
    assert parse(emit(definition)) == definition


# For each step, some of those before it.
BEFORE = [
    st.lists(st.sampled_from(range(index)), unique=True, max_size=3) if index else st.just([]) for index in range(7)
]
COUNTS = st.integers(0, 7)
ORDERS = [st.permutations(range(count)) for count in range(8)]


@st.composite
def acyclic(draw):
    """Steps, each of which waits for some of those before it, written in any order."""
    count = draw(COUNTS)
    steps = []
    for index in range(count):
        named, read = draw(BEFORE[index]), draw(BEFORE[index])
        arguments = {"reads": [Join("/", [Get(f"Steps.s{one}.A")]) for one in read]}
        steps.append(Step(f"s{index}", "Processing", arguments, tuple(f"s{one}" for one in named)))
    return PipelineDefinition(tuple(steps[place] for place in draw(ORDERS[count])))


@LAWS
@given(acyclic())
def test_the_order_has_each_step_once_and_after_all_that_it_waits_for(definition):
    ordered = order(definition)
    assert sorted(step.name for step in ordered) == sorted(step.name for step in definition.steps)
    done = set()
    for step in ordered:
        assert done.issuperset(dependencies(step))
        done.add(step.name)


@LAWS
@given(acyclic())
def test_an_order_that_can_run_is_kept(definition):
    ordered = PipelineDefinition(tuple(order(definition)))
    assert tuple(order(ordered)) == ordered.steps


@LAWS
@given(st.dictionaries(NAMES, st.binary(max_size=4), max_size=5), st.randoms(use_true_random=False))
def test_the_digest_of_a_folder_does_not_depend_on_the_order_of_its_objects(folder, random):
    items = [object_of_bytes(name, content) for name, content in folder.items()]
    shuffled = random.sample(items, len(items))
    assert digest_of(items) == digest_of(shuffled)
