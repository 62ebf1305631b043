"""Every path, module and pattern in pyproject.toml is of something that exists: what moves is moved there too."""

from __future__ import annotations

import importlib
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import pytest

from support.checkout import files_of

tomllib = pytest.importorskip("tomllib", reason="NOT TESTED: Python 3.10 has no tomllib")
ROOT = Path(__file__).parents[1]
TOOL = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
FILES = files_of(ROOT)
CONTRACTS = TOOL["importlinter"]["contracts"]


def alternatives(pattern):
    """The patterns that one with alternatives in braces stands for."""
    before, brace, rest = pattern.partition("{")
    if not brace:
        return [pattern]
    words, _, after = rest.partition("}")
    return [one for word in words.split(",") for one in alternatives(f"{before}{word}{after}")]


def matches(pattern):
    """Whether a pattern, in which a star also stands for slashes, matches a file of the project."""
    return any(fnmatchcase(name, pattern) for name in FILES)


@pytest.mark.parametrize("pattern", TOOL["ruff"]["lint"]["per-file-ignores"])
def test_an_exception_from_the_linter_is_for_a_file(pattern):
    assert [one for one in alternatives(pattern) if not matches(one)] == []


@pytest.mark.parametrize("pattern", [*TOOL["ruff"]["extend-exclude"], *TOOL["ruff"]["format"]["exclude"]])
def test_what_the_linter_leaves_out_exists(pattern):
    assert (ROOT / pattern).exists() or matches(pattern)


@pytest.mark.parametrize("pattern", TOOL["coverage"]["run"]["omit"])
def test_what_coverage_leaves_out_is_a_source(pattern):
    assert any(PurePosixPath(name).match(pattern.lstrip("*/")) for name in FILES if name.startswith("src/"))


@pytest.mark.parametrize(
    "path", [*TOOL["ruff"]["src"], *TOOL["mypy"]["files"], *TOOL["pytest"]["ini_options"]["testpaths"],
             *TOOL["pytest"]["ini_options"]["pythonpath"], *TOOL["hatch"]["build"]["targets"]["wheel"]["packages"]]
)  # fmt: skip
def test_a_path_leads_to_something(path):
    assert (ROOT / path).exists()


def modules(contract):
    """The modules that a contract is about."""
    if contract["type"] == "layers":
        (container,) = contract["containers"]
        return [f"{container}.{name.strip()}" for layer in contract["layers"] for name in layer.split("|")]
    return [*contract.get("modules", ()), *contract.get("source_modules", ()), *contract.get("forbidden_modules", ())]


@pytest.mark.parametrize("contract", CONTRACTS, ids=[contract["name"] for contract in CONTRACTS])
def test_a_contract_of_imports_is_about_modules_that_exist(contract):
    ours = [name.replace(".", "/") for name in modules(contract) if name.partition(".")[0] == "stepsmith"]
    missing = [name for name in ours if not (matches(f"src/{name}.py") or matches(f"src/{name}/__init__.py"))]
    assert ours
    assert missing == []


@pytest.mark.parametrize("name", TOOL["ruff"]["lint"]["flake8-type-checking"]["runtime-evaluated-base-classes"])
def test_a_base_class_that_is_named_exists(name):
    module, _, attribute = name.rpartition(".")
    assert hasattr(importlib.import_module(module), attribute)
