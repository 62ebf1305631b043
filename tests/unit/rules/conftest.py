"""The projects that rules are tried on."""

from __future__ import annotations

import sys
from importlib.resources import files

import pytest

from stepsmith.definition.checks import check
from stepsmith.definition.checks.limits import size_of
from stepsmith.definition.parse import parse
from stepsmith.diagnostics import About, StepsmithError
from stepsmith.registry import RegistryManager, table_at
from stepsmith.rules.checking import check_package, check_pipeline
from stepsmith.scaffold import new_pipeline, new_step


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The project that a rule's example stands in: its folder, and the findings of it."""
    monkeypatch.chdir(tmp_path)
    modules, path = set(sys.modules), [*sys.path]

    def make(about):
        if about is About.STEP:
            folder = new_step("ExampleStep", tmp_path / "example")
            return folder, lambda: step_findings(folder / "src" / "example_step")
        folder = new_pipeline("example", tmp_path / "example")
        if about is About.DEFINITION:
            text = files("stepsmith.rules") / "definition.json"
            (folder / "definition.json").write_text(text.read_text("utf-8"))
            return folder, lambda: definition_findings((folder / "definition.json").read_text())
        return folder, lambda: list(check_pipeline(folder / "pipeline.yaml", {}).findings)

    yield make
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.partition(".")[0] == "example_step":
            del sys.modules[name]


def step_findings(package):
    for name in [name for name in sys.modules if name.partition(".")[0] == "example_step"]:
        del sys.modules[name]
    try:
        table = table_at(package)
        (checked,) = check_package(RegistryManager(tables=[table]), table.steps)
    except StepsmithError as error:
        return list(error.findings)
    return list(checked.findings)


def definition_findings(text):
    try:
        return check(parse(text), size_bytes=size_of(parse(text)))
    except StepsmithError as error:
        return list(error.findings)


@pytest.fixture
def replaced():
    """Puts a text in another's stead in a file."""

    def call(path, good, bad):
        text = path.read_text()
        assert text.count(good) >= 1, f"{path.name} has no {good!r}"
        path.write_text(text.replace(good, bad, 1))

    return call
