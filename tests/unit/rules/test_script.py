from __future__ import annotations

from pathlib import Path

import pytest

from stepsmith.rules.script import Script


def script(text):
    return Script.of(Path("script.py"), text)


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("import a, b.c as d", ["a", "b.c"]),
        ("from a.b import c", ["a.b"]),
        ("from . import c\nfrom ..x import y", [".", "..x"]),
        ("def f():\n    import a", ["a"]),
        ("try:\n    import a\nexcept ImportError:\n    import b", ["a", "b"]),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a", ["typing"]),
    ],
)
def test_imports_are_those_that_are_made_when_it_runs(text, modules):
    assert sorted(script(text).imports) == sorted(modules)


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("import pickle\npickle.load(f)", "pickle.load"),
        ("import pickle as p\np.load(f)", "pickle.load"),
        ("from pickle import load as l\nl(f)", "pickle.load"),
        ("import os.path\nos.path.join()", "os.path.join"),
        ("tarfile.open(x).extractall(y)", ".extractall"),
        ("with open(x) as t:\n    t.extractall()", "t.extractall"),
    ],
)
def test_calls_are_known_by_what_the_imports_say(text, call):
    assert call in [name for name, _ in script(text).calls]


@pytest.mark.parametrize(
    "text", ["os.environ['A']", "os.environ.get('A')", "os.getenv('A', 1)", "'A' in os.environ", "environ['A']"]
)
def test_a_variable_that_is_read_by_name_is_seen(text):
    assert list(script(f"import os\n{text}").variables) == ["A"]
    assert not script(f"import os\n{text}").hands_on_the_environment


@pytest.mark.parametrize("text", ["f(os.environ)", "dict(os.environ)", "x = os.environ", "{**os.environ}"])
def test_an_environment_that_is_handed_on_is_seen(text):
    assert script(f"import os\n{text}").hands_on_the_environment


def test_paths_of_the_container_are_seen_at_their_place():
    ((path, node),) = script("x = 1\ny = '/opt/ml/model'\nz = '/tmp'").paths.items()
    assert (path, node.lineno) == ("/opt/ml/model", 2)


def test_what_is_no_python_is_an_error():
    with pytest.raises(SyntaxError):
        script("def")
