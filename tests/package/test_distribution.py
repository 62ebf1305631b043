"""What is released: a wheel and an sdist, and what a person does first with the wheel in an empty environment."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import stepsmith
from support.checkout import copy_files

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
pytestmark = pytest.mark.package


def run(*command, **options):
    left_out = ("VIRTUAL_ENV", "PYTHONPATH")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    done = subprocess.run([*map(str, command)], env=environment, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The wheel and the sdist, as `python -m build` makes them of a clean checkout: the wheel out of the sdist."""
    checkout, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("dist")
    copy_files(ROOT, checkout)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, checkout)
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def installed(distributions, tmp_path_factory):
    """The folder of the programs of an environment with the wheel, and what it depends on, alone."""
    environment = tmp_path_factory.mktemp("environment") / "empty"
    run(UV, "venv", "--quiet", "--python", sys.executable, environment)
    python = environment / "bin" / "python"
    run(
        UV,
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "--constraint",
        ROOT / "requirements" / "demo.lock",
        distributions[0],
    )
    return environment / "bin"


def test_they_have_the_version_that_the_package_says(distributions):
    version = stepsmith.__version__
    assert [path.name for path in distributions] == [
        f"stepsmith-{version}-py3-none-any.whl",
        f"stepsmith-{version}.tar.gz",
    ]


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(distributions):
    with zipfile.ZipFile(distributions[0]) as wheel:
        packed = {name: hashlib.sha256(wheel.read(name)).hexdigest() for name in wheel.namelist()}
    sources = [path for path in (ROOT / "src").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    expected = {str(path.relative_to(ROOT / "src")): hashlib.sha256(path.read_bytes()).hexdigest() for path in sources}
    metadata = {name for name in packed if name.startswith(f"stepsmith-{stepsmith.__version__}.dist-info/")}
    assert {name: digest for name, digest in packed.items() if name not in metadata} == expected
    assert f"stepsmith-{stepsmith.__version__}.dist-info/licenses/LICENSE" in metadata


def test_the_sdist_holds_what_builds_it_and_no_tests(distributions):
    with tarfile.open(distributions[1]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "src/stepsmith/__init__.py"} <= names
    assert not [name for name in names if name.startswith(("tests/", "tools/", "requirements/"))]


def test_a_new_pipeline_is_checked_and_run_with_the_wheel_alone(installed, tmp_path):
    command = installed / "stepsmith"
    assert run(command, "--version").split()[-1] == stepsmith.__version__
    run(command, "new", "pipeline", "demo", cwd=tmp_path)
    assert json.loads(run(command, "check", "pipeline.yaml", "--json", cwd=tmp_path / "demo"))["status"] == "Clean"
    done = json.loads(run(command, "run", "pipeline.yaml", "--json", cwd=tmp_path / "demo"))
    assert done["status"] == "Succeeded"
    (package,) = done["model_packages"]
    assert re.fullmatch("[0-9a-f]{64}", package["CustomerMetadataProperties"]["package_sha256"])


def test_a_new_step_is_checked_with_the_wheel_alone(installed, tmp_path):
    run(installed / "stepsmith", "new", "step", "ModelCard", cwd=tmp_path)
    assert json.loads(run(installed / "stepsmith", "check", "model-card", "--json", cwd=tmp_path))["status"] == "Clean"
