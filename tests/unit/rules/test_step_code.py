from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from stepsmith.diagnostics import Position
from stepsmith.rules.step_code import StepCode, position_of
from stepsmith.steps.dummy_training import STEP
from stepsmith.steps.model_registration import STEP as REGISTRATION

FOLDER = Path(__file__).parents[3] / "src" / "stepsmith" / "steps" / "dummy_training"


def test_a_step_has_a_script_and_the_files_of_its_layers():
    code = StepCode(STEP)
    assert code.script.path == FOLDER / "script.py"
    assert {path.name for path in code.layers} == {
        "__init__.py", "builder.py", "config.py", "contract.py", "specification.py"
    }  # fmt: skip


def test_a_step_that_runs_no_script_has_none():
    assert StepCode(REGISTRATION).script is None


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (("compress",), "config.py"),
        (("output-dir",), "contract.py"),
        (("nothing", "compress"), "config.py"),
        ((), "builder.py"),
    ],
)
def test_a_word_is_placed_where_it_is_written_and_else_at_the_builder(words, file):
    position = StepCode(STEP).locate(*words)
    assert Path(position.file).name == file
    assert position.line > 0
    assert position.column > 0


def test_a_place_is_told_as_it_is_seen_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    node = ast.parse("x = 1\ny = 2").body[1]
    assert position_of(tmp_path / "a.py", node) == Position("a.py", 2, 1)
    assert position_of(Path("/elsewhere/a.py")) == Position("/elsewhere/a.py", 1, 1)


def test_a_script_that_cannot_be_read_is_none(tmp_path):
    class Builder(STEP.builder_class):
        @classmethod
        def script(cls):
            return tmp_path / "script.py"

    code = StepCode(replace(STEP, builder_class=Builder))
    assert code.script is None
    (tmp_path / "script.py").write_text("def")
    assert StepCode(code.declaration).script is None
