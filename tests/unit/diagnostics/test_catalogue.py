"""The catalogue has every code that the source uses, and no other."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import stepsmith
from stepsmith.diagnostics import About, catalogue
from stepsmith.diagnostics.catalogue import is_prefix, rule_of, rules, rules_in
from stepsmith.scaffold import new_pipeline

SOURCE = Path(stepsmith.__file__).parent
CODE = re.compile(r"[A-Z]{3}\d{3}")


@cache
def codes_used():
    """Each code that is a string of its own outside the facts, with the modules that use it."""
    used = {}
    for path in SOURCE.rglob("*.py"):
        for node in _outside_facts(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                used.setdefault(node.value, set()).add(path.relative_to(SOURCE).as_posix())
    return used


def _outside_facts(node):
    """The nodes below `node`, without the code that a (retired) rule defines, and without the table `CODES`."""
    skipped = set()
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Rule", "RetiredRule"):
        skipped = {id(one) for one in (*node.args[:1], *(one for one in node.keywords if one.arg == "code"))}
    elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CODES":
        skipped = {id(node.value)}
    yield node
    for child in ast.iter_child_nodes(node):
        if id(child) not in skipped:
            yield from _outside_facts(child)


@cache
def codes_reported_by_their_rule():
    """The codes of rules that have a check, or whose rule object reports them: `RULE.finding(...)`."""
    reported = {code for code, rule in rules().items() if rule.check}
    for name in catalogue.MODULES:
        module = import_module(f"stepsmith.{name}")
        source = Path(module.__file__).read_text("utf-8")
        reported |= {
            value.code for key, value in vars(module).items() if hasattr(value, "code") and f"{key}.finding(" in source
        }
    return reported


def test_every_code_that_the_source_uses_is_in_the_catalogue():
    assert {code: places for code, places in codes_used().items() if code not in rules()} == {}


def test_every_code_of_the_catalogue_is_used():
    assert set(rules()) - codes_used().keys() - codes_reported_by_their_rule() == set()


def test_no_code_is_defined_twice():
    assert [code for code, count in Counter(rule.code for rule in rules_in("")).items() if count > 1] == []


def test_a_retired_code_is_not_used_again_and_can_still_be_named():
    assert catalogue.RETIRED.keys().isdisjoint(rules())
    assert all(map(is_prefix, catalogue.RETIRED))


def test_every_module_that_defines_rules_is_listed():
    defining = {
        ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for path in SOURCE.rglob("*.py")
        if re.search(r"^(.* = )?(RULE|RULES) = ", path.read_text("utf-8"), re.MULTILINE)
    }
    assert defining == set(catalogue.MODULES)


@pytest.mark.parametrize("rule", [pytest.param(rule, id=code) for code, rule in rules().items()])
def test_a_rule_has_a_title_a_reason_and_a_fix(rule):
    assert CODE.fullmatch(rule.code)
    assert isinstance(rule.about, About)
    assert rule.title[0].isupper()
    assert rule.title[-1] not in ".!?"
    assert rule.why.endswith((".", ")"))
    assert rule.fix.endswith((".", "`"))


def test_no_two_codes_of_one_subject_have_the_same_title():
    titles = Counter((rule.about, rule.title) for rule in rules().values())
    assert [title for title, count in titles.items() if count > 1] == []


def test_a_code_is_found_by_itself_and_by_its_beginning():
    assert rule_of("ARC001") == rules()["ARC001"]
    assert rule_of("ARC999") is None
    assert is_prefix("ARC")
    assert not is_prefix("XYZ")


@pytest.fixture
def imported_by(tmp_path):
    """The modules that a command imports, in a process of its own that starts beside a new pipeline."""
    new_pipeline("p", tmp_path / "p")

    def call(*arguments):
        code = (
            "import sys; from stepsmith.cli.main import cli\n"
            f"try:\n    cli({list(arguments)!r}, standalone_mode=False)\n"
            "finally:\n    print('modules:', *sys.modules)\n"
        )
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=environment, cwd=tmp_path / "p", capture_output=True, text=True, check=True)
        return set(done.stdout.rpartition("modules:")[2].split())

    return call


def test_a_check_of_a_pipeline_imports_nothing_of_aws(imported_by):
    imported = imported_by("check", "pipeline.yaml", "--ignore", "DEF172")
    assert "stepsmith.rules.pipeline.shadowed_source" in imported
    assert imported & {"stepsmith.aws", "stepsmith.local", "boto3", "botocore"} == set()


def test_the_help_imports_no_rules(imported_by):
    imported = imported_by("--help")
    assert [name for name in imported if name.startswith(("stepsmith.rules", "stepsmith.diagnostics.cat"))] == []
