"""The shape of the tree: tests stand where the code stands, and what is public is what is said to be."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import stepsmith
from stepsmith.sagemaker.step_types import STEP_TYPES
from support.checkout import files_of
from support.texts import belongs_to_a_test, read

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "stepsmith"
UNIT = ROOT / "tests" / "unit"
# What speaks to a server is tested where servers are: `make test-aws`.
AWS = ROOT / "tests" / "aws"


def modules_with_behaviour():
    """Every module that defines a function or a class; a declaration alone is tested by what reads it."""
    for path in SOURCE.rglob("*.py"):
        defines = (ast.FunctionDef, ast.ClassDef)
        # The tests of the pages check each rule with its example.
        if path.parent in (SOURCE / "rules" / "step", SOURCE / "rules" / "pipeline"):
            continue
        if path.name[0] != "_" and any(isinstance(node, defines) for node in ast.parse(path.read_text()).body):
            yield path.relative_to(SOURCE)


def test_every_module_that_does_something_has_its_tests_at_the_same_place():
    missing = [
        str(path)
        for path in modules_with_behaviour()
        if not (UNIT / path.parent / f"test_{path.name}").exists() and not (AWS / f"test_{path.name}").exists()
    ]
    assert not missing


def test_every_unit_test_stands_where_a_module_stands():
    tests = (path.relative_to(UNIT) for path in UNIT.rglob("test_*.py"))
    astray = [
        str(path)
        for path in tests
        if not (SOURCE / path.parent / path.name.removeprefix("test_")).exists()
        and not (SOURCE / path.parent / path.stem.removeprefix("test_") / "__init__.py").exists()
    ]
    assert not astray


@pytest.mark.parametrize("name", stepsmith.__all__)
def test_a_public_name_can_be_imported(name):
    assert getattr(stepsmith, name) is not None


def test_a_star_imports_the_public_names():
    names = {}
    exec("from stepsmith import *", names)  # noqa: S102 - a function cannot hold it
    assert set(stepsmith.__all__) < set(names)


def test_a_name_that_is_not_public_is_an_attribute_error(snapshot):
    with snapshot.error(AttributeError) as raised:
        _ = stepsmith.Pipelin
    assert raised.value.name == "Pipelin"


def loaded_by(statement):
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    # What measures the coverage of a process imports packages into it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_importing_stepsmith_is_cheap():
    assert not loaded_by("import stepsmith") & {"pydantic", "yaml", "click", "rich", "boto3", "sqlite3"}


def test_the_help_of_the_command_line_imports_no_heavy_package():
    loaded = loaded_by("from stepsmith.cli.main import _status\n_status(['--help'])")
    assert not loaded & {"boto3", "botocore", "pyarrow", "pydantic", "yaml"}


def test_running_a_pipeline_imports_neither_boto3_nor_pyarrow(example):
    statement = (
        f"from stepsmith.cli.main import _status\nassert _status(['run', {str(example / 'pipeline.yaml')!r}]) == 0"
    )
    assert not loaded_by(statement) & {"boto3", "botocore", "pyarrow"}


def test_every_place_that_the_architecture_names_is_there():
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = {place for place in re.findall(r"`([\w./<>-]+)`", text) if "/" in place and "<" not in place}
    ours = {place for place in named if not place.startswith(("pipeline_", "/", "running/", "objects/"))}
    assert len(ours) > 30
    assert not [place for place in sorted(ours) if not (SOURCE / place).exists() and not (ROOT / place).exists()]


def test_every_path_that_the_recipes_for_contributors_name_exists():
    text = re.sub(r"```.*?```", "", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.DOTALL)
    named = {name for name in re.findall(r"`([\w./-]+)`", text) if "/" in name and not name.startswith(".")}
    assert len(named) > 20
    assert [name for name in sorted(named) if not any((folder / name).exists() for folder in (ROOT, SOURCE))] == []


def test_every_snapshot_of_texts_belongs_to_a_test():
    keys = [key for file in (ROOT / "tests" / "texts").glob("*.txt") for key in read(file)]
    assert len(keys) > 1000
    assert [key for key in keys if not belongs_to_a_test(ROOT / "tests", key)] == [], "run `make texts`"


def test_nothing_in_the_tree_names_a_registry_or_a_path_of_one_machine():
    words = ("pypi" + ".org", "files." + "pythonhosted", "/" + "work/", "index" + "-url https", "/root" + "/")
    found = [(name, word) for name in files_of(ROOT) for word in words if word.encode() in (ROOT / name).read_bytes()]
    assert not found


def readings_of_messages(tree):
    """The lines on which code compares, searches or cuts the message or the suggestion of a finding."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            read = [node.left, *node.comparators]
        elif isinstance(node, ast.Subscript):
            read = [node.value]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            # A method of the text, or a function of `re` or of a pattern that is given the text.
            searches = node.func.attr in ("search", "match", "fullmatch", "split", "findall", "finditer", "sub")
            is_text = node.func.attr in dir(str) and not node.func.attr.startswith("__")
            read = [*([node.func.value] if is_text else []), *(node.args if searches else [])]
        else:
            continue
        for part in map(unwrapped, read):
            if isinstance(part, ast.Attribute) and part.attr in ("message", "suggestion", "instruction"):
                yield part.lineno


def unwrapped(node):
    """What `str(...)` is given, or the node itself."""
    is_text_of = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("str", "repr")
    return node.args[0] if is_text_of and node.args else node


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("finding.message == 'x'", True),
        ("'did you mean' in finding.suggestion", True),
        ("'mean' in str(error.findings[0].suggestion)", True),
        ("finding.message.startswith('x')", True),
        ("finding.message[:5]", True),
        ("re.search('x', finding.message)", True),
        ("finding.suggestion.values == ('x',)", False),
        ("name in finding.suggestion.values", False),
        ("f'{finding.message} again'", False),
        ("say(finding.message)", False),
    ],
)
def test_a_reading_of_a_message_is_seen(code, is_found):
    assert bool(list(readings_of_messages(ast.parse(code)))) is is_found


def test_no_code_reads_a_message_but_what_renders_it():
    readers = {
        f"{path.relative_to(SOURCE)}:{line}"
        for path in SOURCE.rglob("*.py")
        if path != SOURCE / "diagnostics" / "rendering.py"
        for line in readings_of_messages(ast.parse(path.read_text()))
    }
    assert readers == set()


def step_types_in_branches(tree):
    """The lines on which code decides by the name of a step type."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            parts = [part for one in (node.left, *node.comparators) for part in ast.walk(one)]
        elif isinstance(node, ast.MatchValue):
            parts = [node.value]
        else:
            continue
        if any(isinstance(part, ast.Constant) and part.value in STEP_TYPES for part in parts):
            yield node.lineno


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("step.type == 'Training'", True),
        ("step.type in ('Fail', 'Model')", True),
        ("match kind:\n    case 'Tuning': pass", True),
        ("step_type(step.type).is_loop", False),
    ],
)
def test_a_branch_on_a_step_type_is_seen(code, is_found):
    assert bool(list(step_types_in_branches(ast.parse(code)))) is is_found


def test_only_the_records_and_the_executors_know_step_types_by_name():
    own = (SOURCE / "sagemaker", SOURCE / "local" / "executors")
    files = [path for path in SOURCE.rglob("*.py") if not any(folder in path.parents for folder in own)]
    found = [(str(path), line) for path in files for line in step_types_in_branches(ast.parse(path.read_text()))]
    # The local engine gets its table of executors.
    assert [one for one in found if "engine.py" not in one[0]] == []
