"""The examples in the docstrings are so."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import stepsmith

SOURCE = Path(stepsmith.__file__).parent
MODULES = [
    ".".join(("stepsmith", *path.relative_to(SOURCE).with_suffix("").parts))
    for path in sorted(SOURCE.rglob("*.py"))
    if ">>>" in path.read_text("utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_so(name):
    failed, attempted = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert (failed, attempted > 0) == (0, True)
