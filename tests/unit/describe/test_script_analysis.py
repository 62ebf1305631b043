from __future__ import annotations

from pathlib import Path

import pytest

from stepsmith.describe.script_analysis import Script


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
    "text",
    [
        "import os\nos.environ['A']",
        "import os\nos.environ.get('A')",
        "import os\nos.environ.pop('A')",
        "import os\nos.getenv('A', 1)",
        "import os\nos.getenv(key='A')",
        "import os\n'A' in os.environ",
        "import os\nN = 'A'\nos.environ[N]",
        "import os as o\no.environ['A']",
        "from os import environ as e\ne['A']",
        "from os import getenv as g\ng('A')",
    ],
)
def test_a_variable_that_is_read_by_name_is_seen(text):
    assert list(script(text).variables) == ["A"]
    assert not script(text).hands_on_the_environment


def test_what_is_set_in_the_environment_is_not_read():
    read = script("import os\nos.environ['A'] = 'b'\ndel os.environ['B']\nos.environ.setdefault('C', 'd')")
    assert read.variables == {}
    assert read.set_variables == {"A", "B", "C"}


@pytest.mark.parametrize(
    "text",
    [
        *("f(os.environ)", "dict(os.environ)", "x = os.environ", "{**os.environ}", "for n in ns:\n    os.environ[n]"),
        *("f(os.environ.copy())", "os.environ.items()", "get = os.environ.get"),
    ],
)
def test_an_environment_that_is_handed_on_is_seen(text):
    assert script(f"import os\n{text}").hands_on_the_environment


def test_texts_are_those_that_are_no_docstring():
    texts = script("'said'\nx = 1\ny = '/opt/ml/model'\ndef f():\n    '/opt/ml'").texts
    assert [(text, node.lineno) for text, node in texts] == [("/opt/ml/model", 3)]


def test_an_import_that_it_can_do_without_is_guarded():
    first = "try:\n    import a\nexcept (ImportError, OSError):\n    import b\n"
    assert script(f"{first}try:\n    import c\nexcept OSError:\n    pass").guarded == {"a"}
    assert script("try:\n    from a import b\nexcept ImportError:\n    pass").guarded == {"a", "a.b"}


@pytest.mark.parametrize(
    "text",
    [
        "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    import a",
        "import importlib\nimportlib.import_module('a')",
        "__import__('a')",
        "import typing\nif typing.TYPE_CHECKING:\n    import b\nelse:\n    import a",
    ],
)
def test_an_import_by_other_means_is_seen(text):
    assert "a" in script(text).imports
    assert "b" not in script(text).imports


def test_what_is_no_python_is_an_error():
    with pytest.raises(SyntaxError):
        script("def")
