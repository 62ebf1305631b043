"""What `stepsmith new` makes runs, and passes its own tests, the moment that it is made."""

from __future__ import annotations

import subprocess
import sys

import pytest

STEPSMITH = [sys.executable, "-m", "stepsmith"]


@pytest.fixture
def done(tmp_path):
    """Runs a command in a folder below; it has to succeed."""

    def call(*command, folder="."):
        ended = subprocess.run(command, cwd=tmp_path / folder, capture_output=True, text=True, timeout=120, check=False)
        assert (ended.returncode, ended.stdout + ended.stderr) == (0, ended.stdout + ended.stderr)
        return ended.stdout

    return call


@pytest.mark.parametrize(
    ("kind", "name", "folder"), [("step", "ModelCard", "model-card"), ("pipeline", "risk", "risk")]
)
def test_it_runs_and_its_tests_pass(done, kind, name, folder):
    done(*STEPSMITH, "new", kind, name)
    assert "nothing found" in done(*STEPSMITH, "check", "pipeline.yaml", *(["src"] * (kind == "step")), folder=folder)
    assert "succeeded" in done(*STEPSMITH, "run", "pipeline.yaml", folder=folder)
    assert " passed" in done(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=folder)


def test_a_step_that_was_installed_is_known_to_every_pipeline(done, tmp_path):
    done(*STEPSMITH, "new", "step", "ModelCard")
    target = tmp_path / "site"
    done(
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(target),
        "./model-card",
    )
    names = f"import sys; sys.path.insert(0, {str(target)!r}); import stepsmith; print(*stepsmith.STEP_NAMES)"
    assert "ModelCard" in done(sys.executable, "-c", names).split()
