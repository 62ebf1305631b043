from __future__ import annotations

import pytest

from stepsmith.diagnostics import DocumentError, Faults
from stepsmith.pipeline.yaml_text import LIMIT_BYTES, read_yaml


def read(text):
    faults = Faults()
    read = read_yaml(text, "p.yaml", lambda value: value, faults)
    faults.raise_if_any()
    return read


def test_each_value_has_its_place():
    data, places = read("name: x\nsteps:\n  a: {type: T,\n      after: [b]}\n")
    assert data == {"name": "x", "steps": {"a": {"type": "T", "after": ["b"]}}}
    assert str(places.keys["steps", "a"]) == "p.yaml:3:3"
    assert str(places.values["steps", "a"]) == "p.yaml:3:6"
    assert str(places.keys["steps", "a", "after"]) == "p.yaml:4:7"
    assert str(places.keys["steps", "a", "after", 0]) == "p.yaml:4:15"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1.5", 1.5),
        ("true", True),
        ("~", None),
        ("2020-12-01", "2020-12-01"),
        ("'1'", "1"),
        ("", None),
        ("1:30", "1:30"),
    ],
)
def test_a_scalar_is_what_yaml_says_and_a_date_or_a_time_is_text(text, value):
    assert read(text)[0] == value


@pytest.mark.parametrize(
    ("text", "code", "where", "at"),
    [
        pytest.param("a: 1\na: 2\n", "YML002", "a", "p.yaml:2:1", id="a key twice"),
        pytest.param("a:\n\tb: 1\n", "YML001", "", "p.yaml:2:1", id="a tab"),
        pytest.param("a: [1, 2\n", "YML001", "", "p.yaml:2:1", id="an open bracket"),
        pytest.param("a: !!python/object/apply:os.system [x]\n", "YML001", "a", "p.yaml:1:4", id="a call"),
        pytest.param("a: !mine x\n", "YML001", "a", "p.yaml:1:4", id="a tag of its own"),
        pytest.param("a: !!binary aGk=\n", "YML001", "a", "p.yaml:1:4", id="binary data"),
        pytest.param("a: !!int x\n", "YML003", "a", "p.yaml:1:4", id="no whole number"),
        pytest.param("a: *nowhere\n", "YML001", "", "p.yaml:1:4", id="an unknown alias"),
        pytest.param("? [1, 2]\n: x\n", "YML002", "", "p.yaml:1:3", id="a list as key"),
        pytest.param("base: &b {x: 1}\nmore:\n  <<: *b\n", "YML002", "more", "p.yaml:3:3", id="a merge"),
        pytest.param("a: 1\n---\nb: 2\n", "YML001", "", "p.yaml:2:1", id="two documents"),
        pytest.param("a: 1\nb: \x01\n", "YML001", "", "p.yaml:2:1", id="a control character"),
        pytest.param("a: \u2028  b: !mine x\n", "YML001", "a.b", "p.yaml:2:6", id="a line separator"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_at_its_line(expect_error, text, code, where, at):
    with expect_error(code, where, at, kind=DocumentError):
        read(text)


def test_aliases_that_multiply_are_refused(expect_error):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with expect_error("YML001", "a4[3][3][8][8]", "p.yaml:1:34", kind=DocumentError):
        read("\n".join(lines))


def test_an_alias_that_holds_itself_is_refused(expect_error):
    with expect_error("YML001", "a[0][0][0][0]", "p.yaml:1:4", kind=DocumentError):
        read("a: &a [*a]")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        pytest.param("[" * 5_000, "1:52", id="lists in a line"),
        pytest.param("[\n" * 100_000, "52:1", id="lists too deep"),
        pytest.param("{a: " * 20_000, "1:205", id="mappings too deep"),
        pytest.param("".join(" " * depth + "a:\n" for depth in range(900)), "100:102", id="lines too deep"),
        pytest.param("[" + "a," * 100_000 + "]", "1:100002", id="too many values"),
        pytest.param("x" * (LIMIT_BYTES + 1), "1:1", id="too long"),
    ],
)
def test_what_is_too_deep_or_too_long_is_refused(expect_error, text, at):
    with expect_error("YML001", at=f"p.yaml:{at}", kind=DocumentError):
        read(text)


@pytest.mark.parametrize(
    "text",
    ["!!bool abc", "!!int ''", "!!int _", "!!float ''", "!!timestamp abc", "0x" + "f" * 6000, '"\\ud800"'],
    ids=["a switch", "an empty number", "no digits", "an empty float", "a time", "too many digits", "half"],
)
def test_a_value_that_cannot_be_read_is_told_where_it_is(expect_error, text):
    with expect_error("YML003", "a", "p.yaml:2:4", kind=DocumentError):
        read(f"b: 1\na: {text}")


def test_an_escape_of_no_character_is_told_where_it_is(expect_error):
    with expect_error("YML001", at="p.yaml:1:7", kind=DocumentError):
        read('a: "\\U00110000"')
