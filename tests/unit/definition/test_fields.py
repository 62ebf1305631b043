import pytest

from stepsmith.definition.fields import Fields
from stepsmith.errors import DefinitionError

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
    return Fields.of(RAW, "Steps[2]")


def refused(read):
    with pytest.raises(DefinitionError) as caught:
        read()
    (finding,) = caught.value.findings
    assert finding.code == "DEF022"
    return finding


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


@pytest.mark.parametrize(
    ("reader", "keys"),
    [
        ("text", ["whole", "yes", "object", "texts", "null"]),
        ("whole", ["text", "number", "yes", "object", "texts", "null"]),
        ("number", ["text", "yes", "object", "texts", "null"]),
        ("switch", ["text", "whole", "number", "object", "texts", "null"]),
        ("fields", ["text", "whole", "yes", "texts", "null"]),
        ("items", ["text", "whole", "yes", "object", "null"]),
        ("texts", ["text", "whole", "yes", "object", "null"]),
        ("each", ["text", "whole", "yes", "object", "null"]),
    ],
)
def test_a_value_of_another_type_is_refused_at_its_place(fields, reader, keys):
    for key in keys:
        finding = refused(lambda key=key: getattr(fields, reader)(key))
        assert finding.where == f"Steps[2].{key}"
        assert key in finding.what


@pytest.mark.parametrize("reader", ["text", "whole", "number", "switch", "fields", "items", "texts", "each"])
def test_a_key_that_is_not_there_is_refused_at_its_place_unless_there_is_a_default(fields, reader):
    finding = refused(lambda: getattr(fields, reader)("other"))
    assert (finding.where, finding.fix) == ("Steps[2].other", "write other")


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
def test_a_default_stands_for_a_key_that_is_not_there_and_for_no_value_of_another_type(fields, reader, default, value):
    assert getattr(fields, reader)("other", default) == value
    refused(lambda: getattr(fields, reader)("object", default))


def test_an_entry_that_is_of_another_type_is_refused_at_its_index(fields):
    assert refused(lambda: fields.texts("mixed")).where == "Steps[2].mixed[1]"
    assert refused(lambda: fields.each("mixed")).where == "Steps[2].mixed[0]"


def test_every_reader_adds_its_key_to_the_place(fields):
    assert fields.fields("object").fields("deep").path == "Steps[2].object.deep"
    assert [one.path for one in fields.each("objects")] == ["Steps[2].objects[0]", "Steps[2].objects[1]"]
    assert refused(lambda: fields.each("objects")[1].text("name")).where == "Steps[2].objects[1].name"
    assert Fields.of({}).at("Steps") == "Steps"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        ([], "a list"),
        ("a", "a string"),
        (1, "a whole number"),
        (0.5, "a number"),
        (True, "true or false"),
    ],
)
def test_what_is_no_object_is_told_in_the_words_of_json(value, kind):
    assert (
        refused(lambda: Fields.of(value, "here", "an entry")).what == f"an entry is to be a JSON object, and is {kind}"
    )
