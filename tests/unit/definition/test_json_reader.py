import json

import pytest

from stepsmith.definition.json_reader import JsonReader

RAW = {
    "text": "a",
    "whole": 3,
    "number": 0.5,
    "yes": True,
    "object": {"deep": {"er": 1}},
    "texts": ["a", "b"],
    "mixed": ["a", 1],
    "objects": [{"name": "x"}, {"name": 2}],
    "null": None,
    "empty": [],
}


@pytest.fixture
def fields():
    return JsonReader.of(RAW, ("Steps", 2))


@pytest.mark.parametrize(
    ("reader", "key", "value"),
    [
        ("text", "text", "a"),
        ("whole", "whole", 3),
        ("number", "number", 0.5),
        ("number", "whole", 3),
        ("switch", "yes", True),
        ("items", "mixed", ["a", 1]),
        ("items", "empty", []),
        ("texts", "texts", ("a", "b")),
        ("texts", "empty", ()),
    ],
)
def test_a_value_of_the_readers_type_is_read(fields, reader, key, value):
    assert getattr(fields, reader)(key) == value


# Each reader, and the keys whose values are of another type.
OF_ANOTHER_TYPE = {
    "text": ["whole", "yes", "object", "texts", "null"],
    "whole": ["text", "number", "yes", "object", "texts", "null"],
    "number": ["text", "yes", "object", "texts", "null"],
    "switch": ["text", "whole", "number", "object", "texts", "null"],
    "fields": ["text", "whole", "yes", "texts", "null"],
    "items": ["text", "whole", "yes", "object", "null"],
    "texts": ["text", "whole", "yes", "object", "null"],
    "each": ["text", "whole", "yes", "object", "null"],
}


@pytest.mark.parametrize(("reader", "keys"), OF_ANOTHER_TYPE.items(), ids=OF_ANOTHER_TYPE)
def test_a_value_of_another_type_is_refused_at_its_place(expect_error, fields, reader, keys):
    for key in keys:
        with expect_error("DEF022", f"Steps[2].{key}"):
            getattr(fields, reader)(key)


@pytest.mark.parametrize("reader", OF_ANOTHER_TYPE)
def test_a_key_that_is_not_there_is_refused_at_its_place_unless_there_is_a_default(expect_error, fields, reader):
    with expect_error("DEF022", "Steps[2].other"):
        getattr(fields, reader)("other")


@pytest.mark.parametrize(
    ("reader", "default", "value"),
    [
        ("text", None, None),
        ("text", "b", "b"),
        ("whole", 1, 1),
        ("number", 2.0, 2.0),
        ("switch", False, False),
        ("items", [], []),
        ("texts", [], ()),
        ("each", [], []),
    ],
)
def test_a_default_stands_for_a_key_that_is_not_there_and_for_no_value_of_another_type(
    expect_error, fields, reader, default, value
):
    assert getattr(fields, reader)("other", default) == value
    with expect_error("DEF022", "Steps[2].object"):
        getattr(fields, reader)("object", default)


def test_an_entry_that_is_of_another_type_is_refused_at_its_index(expect_error, fields):
    with expect_error("DEF022", "Steps[2].mixed[1]"):
        fields.texts("mixed")
    with expect_error("DEF022", "Steps[2].mixed[0]"):
        fields.each("mixed")


def test_every_reader_adds_its_key_to_the_place(expect_error, fields):
    assert fields.fields("object").fields("deep").path == ("Steps", 2, "object", "deep")
    assert [one.path for one in fields.each("objects")] == [("Steps", 2, "objects", index) for index in (0, 1)]
    assert JsonReader.of({}).at("Steps", 1) == ("Steps", 1)
    with expect_error("DEF022", "Steps[2].objects[1].name"):
        fields.each("objects")[1].text("name")


@pytest.mark.parametrize("value", [None, [], "a", 1, 0.5, True], ids=json.dumps)
def test_what_is_no_object_is_told_in_the_words_of_json(expect_error, value):
    with expect_error("DEF022", "here"):
        JsonReader.of(value, ("here",), "an entry")
