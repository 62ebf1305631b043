"""What the integration tests share: the packages below tests/third_party, installed, and the commands beside them."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

THIRD_PARTY = Path(__file__).parent.parent / "third_party"


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """Installs a package of tests/third_party by pip, once, into a folder of its own, which it gives."""

    @functools.cache
    def install(name):
        place = tmp_path_factory.mktemp(name)
        source, target = place / "source", place / "installed"
        shutil.copytree(THIRD_PARTY / name, source, ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        offline = ["--no-index", "--no-deps", "--no-build-isolation"]
        subprocess.run([*command, *offline, "--target", target, source], check=True, timeout=120)
        return target

    return install


@pytest.fixture(scope="session")
def beside():
    """The environment of a process that finds what is installed in these folders beside all that this one finds."""

    def environment(*folders):
        before = os.environ.get("PYTHONPATH")
        path = os.pathsep.join([*map(str, folders), *([before] if before else [])])
        return {**os.environ, "PYTHONPATH": path}

    return environment
