"""What the tests share: small real archives, and the example in a folder of its own. See `support` for the rest."""

from __future__ import annotations

import functools
import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from stepsmith.definition.model import Step
from stepsmith.layers.built import BuiltStep
from stepsmith.layers.specification import NodeType, OutputSpec, StepSpecification

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "pretrained-model"
PYENV_VERSIONS = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
pytest_plugins = ["support.command_line", "support.texts"]
# Files of users, for tools/compare; and packages of others, whose own tests tests/integration runs.
collect_ignore = ["corpus", "third_party"]


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


@pytest.fixture(scope="session")
def python_of():
    """The interpreter of a minor version: one of pyenv's, or the one of that name; without one the test is skipped."""

    @functools.cache
    def interpreter(minor):
        candidates = [*map(str, sorted(PYENV_VERSIONS.glob(f"{minor}.*/bin/python"))), f"python{minor}"]
        found = [path for path in map(shutil.which, candidates) if path]
        # A shim of pyenv's has the name also where the version is not chosen, and does not start.
        tried = (subprocess.run([path, "-c", ""], capture_output=True, check=False) for path in found)
        return next((done.args[0] for done in tried if done.returncode == 0), None)

    def find(minor):
        if interpreter(minor) is None:
            pytest.skip(f"NOT TESTED on Python {minor}: none in {PYENV_VERSIONS}, and no python{minor} that starts")
        return interpreter(minor)

    return find


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
