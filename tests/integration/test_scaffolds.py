"""What `stepsmith new` makes runs, and passes its own tests, the moment that it is made."""

from __future__ import annotations

import json
import os

import pytest

# Nobody's plugins are needed, and some take longer to import than the tests do.
PLAIN = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@pytest.mark.parametrize(
    ("kind", "name", "folder"), [("step", "ScaffoldedCard", "scaffolded-card"), ("pipeline", "risk", "risk")]
)
def test_it_runs_and_its_tests_pass(stepsmith, session, tmp_path, kind, name, folder):
    made = tmp_path / folder
    assert stepsmith("new", kind, name).status == 0
    checked = stepsmith("check", "pipeline.yaml", *(["src"] * (kind == "step")), "--json", cwd=made)
    assert (checked.status, json.loads(checked.out)["status"]) == (0, "Clean"), checked.out
    run = stepsmith("run", "pipeline.yaml", "--json", cwd=made)
    assert (run.status, json.loads(run.out)["status"]) == (0, "Succeeded"), run.err
    assert " passed" in session(["python -m pytest -q -p no:cacheprovider"], made, PLAIN)


def test_a_step_that_was_installed_is_known_to_every_pipeline(stepsmith, installed, packages, tmp_path):
    assert stepsmith("new", "step", "InstalledCard").status == 0
    packages(installed(tmp_path / "installed-card"))
    assert "InstalledCard" in [step["name"] for step in json.loads(stepsmith("steps", "--json").out)["steps"]]
