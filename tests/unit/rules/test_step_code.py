from __future__ import annotations

import ast
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from stepsmith.diagnostics import Position
from stepsmith.rules.step_code import StepCode, position_of
from stepsmith.steps.dummy_training.step import STEP
from stepsmith.steps.model_registration.step import STEP as REGISTRATION

FOLDER = Path(__file__).parents[3] / "src" / "stepsmith" / "steps" / "dummy_training"


def test_a_step_has_a_script_and_the_files_of_its_layers():
    code = StepCode(STEP)
    assert code.script.path == FOLDER / "script.py"
    assert [path.name for path in code.layers] == ["step.py", "__init__.py", "model.py"]


def test_a_step_that_runs_no_script_has_none():
    assert StepCode(REGISTRATION).script is None


SOURCES = {
    "contract": 'CONTRACT = ScriptContract(expected_arguments={"label": "label"})',
    "specification": 'SPECIFICATION = StepSpecification(dependencies=(DependencySpec(logical_name="label"),))',
    "config": "class DummyTrainingConfig:\n    label: str",
    "builder": "class Builder:\n    label = 1",
    "declaration": "STEP = StepDeclaration()",
}


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A step whose layers are in one file, or each in its own."""
    monkeypatch.chdir(tmp_path)

    def write(folder, files):
        for name, layers in files.items():
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / name).write_text("\n".join(SOURCES[layer] for layer in layers))
        source = next(tmp_path / folder / name for name, layers in files.items() if "builder" in layers)
        builder = type("Builder", (STEP.builder_class,), {"__module__": folder})
        config = type("DummyTrainingConfig", (STEP.config_class,), {"__module__": folder})
        monkeypatch.setitem(sys.modules, folder, SimpleNamespace(__file__=str(source), Builder=builder))
        return StepCode(replace(STEP, builder_class=builder, config_class=config))

    return write


IN_ONE_FILE = {"step.py": list(SOURCES)}


@pytest.mark.parametrize(
    ("words", "layer", "place"),
    [
        (("label",), "contract", "step.py:1:47"),
        (("label",), "specification", "step.py:2:77"),
        (("label",), "config", "step.py:4:5"),
        (("nothing", "label"), "specification", "step.py:2:77"),
        (("compress",), "contract", "step.py:1:12"),
        ((), "specification", "step.py:2:17"),
        ((), "config", "step.py:3:1"),
        ((), "builder", "step.py:5:1"),
        ((), "declaration", "step.py:7:8"),
        ((), "", "step.py:5:1"),
    ],
)
def test_a_word_is_placed_in_its_layer_and_else_the_layer_is(written, words, layer, place):
    position = written("one_file", IN_ONE_FILE).locate(*words, layer=layer)
    assert str(position) == f"one_file/{place}"


def test_a_word_that_its_layer_has_not_is_placed_where_it_stands(written):
    declared = written("own_files", {"builder.py": ["builder"], "other.py": ["contract"]})
    assert str(declared.locate("label", layer="specification")) == "own_files/other.py:1:47"


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
