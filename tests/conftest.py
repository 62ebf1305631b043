"""What the tests share: the example in a folder of its own, and built steps. See `support` for the rest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stepsmith.build.step_request import BuiltStep
from stepsmith.definition.model import Step
from stepsmith.step.specification import NodeType, OutputSpec, StepSpecification

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "pretrained-model"
pytest_plugins = ["pytester", "support.command_line", "support.fixtures", "support.texts"]
# Files of users, for tools/compare; and packages of others, whose own tests tests/integration runs.
collect_ignore = ["corpus", "third_party"]


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture
def example(tmp_path):
    """A copy of the example in a folder of its own, so that a run leaves nothing in the repository."""
    folder = tmp_path / "pretrained-model"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".stepsmith", "__pycache__"))
    return folder


@pytest.fixture
def built():
    """Makes a built step that offers the given outputs: names, each with its aliases."""

    def make(name, **outputs):
        specification = StepSpecification(
            step_type="Source",
            node_type=NodeType.SOURCE,
            outputs=tuple(OutputSpec(logical_name=output, aliases=aliases) for output, aliases in outputs.items()),
        )
        return BuiltStep(Step(name, "Processing", {}), specification)

    return make
