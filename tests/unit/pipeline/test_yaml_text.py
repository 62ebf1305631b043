from __future__ import annotations

import pytest

from stepsmith.errors import DocumentError
from stepsmith.pipeline.yaml_text import LIMIT_BYTES, read_yaml


def read(text):
    return read_yaml(text, "p.yaml", lambda value: value)


def test_each_value_has_its_place():
    data, places = read("name: x\nsteps:\n  a: {type: T,\n      after: [b]}\n")
    assert data == {"name": "x", "steps": {"a": {"type": "T", "after": ["b"]}}}
    assert places.keys["steps", "a"].at == "p.yaml:3:3"
    assert places.values["steps", "a"].at == "p.yaml:3:6"
    assert places.keys["steps", "a", "after"].at == "p.yaml:4:7"
    assert places.keys["steps", "a", "after", "0"].at == "p.yaml:4:15"


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
    ("text", "at", "complaint"),
    [
        ("a: 1\na: 2\n", "p.yaml:2:1", "stands twice"),
        ("a:\n\tb: 1\n", "p.yaml:2:1", "not YAML"),
        ("a: [1, 2\n", "p.yaml:2:1", "not YAML"),
        ("a: !!python/object/apply:os.system [x]\n", "p.yaml:1:4", "is not admitted"),
        ("a: !mine x\n", "p.yaml:1:4", "is not admitted"),
        ("a: !!binary aGk=\n", "p.yaml:1:4", "is not admitted"),
        ("a: !!int x\n", "p.yaml:1:4", "cannot be read"),
        ("a: *nowhere\n", "p.yaml:1:4", "not YAML"),
        ("? [1, 2]\n: x\n", "p.yaml:1:3", "plain text"),
        ("base: &b {x: 1}\nmore:\n  <<: *b\n", "p.yaml:3:3", "plain text"),
        ("a: 1\n---\nb: 2\n", "p.yaml:2:1", "not YAML"),
        ("a: 1\nb: \x01\n", "p.yaml:2:1", "does not admit"),
        ("a: \u2028  b: !mine x\n", "p.yaml:2:6", "is not admitted"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_at_its_line(text, at, complaint):
    with pytest.raises(DocumentError, match=complaint) as caught:
        read(text)
    assert caught.value.findings[0].at == at


def test_aliases_that_multiply_are_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(DocumentError, match="aliases that multiply"):
        read("\n".join(lines))


def test_an_alias_that_holds_itself_is_refused():
    with pytest.raises(DocumentError, match="aliases that multiply"):
        read("a: &a [*a]")


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 20_000, "x" * (LIMIT_BYTES + 1)])
def test_what_is_too_deep_or_too_long_is_refused(text):
    with pytest.raises(DocumentError):
        read(text)
