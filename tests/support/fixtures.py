"""Fixtures of all tests: those of the container's code run on Python 3.8 too, where `tests/conftest.py` is not read."""

from __future__ import annotations

import functools
import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

PYENV_VERSIONS = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"


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


@pytest.fixture(scope="session")
def python_of():
    """The interpreter of a minor version: one of pyenv's, or the one of that name; without one the test is skipped."""

    @functools.lru_cache(maxsize=None)  # noqa: UP033 - `cache` is of Python 3.9
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
