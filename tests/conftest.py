"""What the tests share: small real archives, the example in a folder of its own, and the command line."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from stepsmith.definition.model import Step
from stepsmith.layers.builder import BuiltStep
from stepsmith.layers.specification import NodeType, OutputSpec, StepSpecification

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "pretrained-model"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture
def model_archive(tmp_path):
    """Makes a model.tar.gz of the given files with Python's tarfile, as most people make theirs."""

    def make(name="model.tar.gz", files=None, mode="w:gz"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, mode) as archive:
            for member, content in (files or {"model.json": b'{"weights": [1, 2]}'}).items():
                info = tarfile.TarInfo(member)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return path

    return make


@pytest.fixture
def example(tmp_path):
    """A copy of the example in a folder of its own, so that a run leaves nothing in the repository."""
    folder = tmp_path / "pretrained-model"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".stepsmith", "__pycache__"))
    return folder


@pytest.fixture
def stepsmith(tmp_path):
    """Calls the command line in a process of its own, in the folder `cwd`."""

    def call(*arguments, cwd=tmp_path, env=None):
        command = [sys.executable, "-m", "stepsmith", *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)

    return call


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
