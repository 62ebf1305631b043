"""Each script runs as it does in a container: by its entry point's name, with nothing but `container` beside it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from stepsmith.build.staging import stage_code
from stepsmith.registry import default_registry


@dataclass(frozen=True)
class ScriptRun:
    """How a script ended: its exit status, its log, and the failure reason that it left."""

    status: int
    log: str
    reason: str

    @property
    def code(self):
        """The code that the failure reason begins with, or "" if it has none."""
        code = re.match(r"[A-Z]{3}\d{3}\b", self.reason)
        return code[0] if code else ""

    @property
    def stable_reason(self):
        """The failure reason without byte positions in an archive, which depend on this machine's zlib."""
        return re.sub(r"\bbyte [1-9]\d*", "byte N", self.reason)

    def logged(self, level):
        """The messages that it logged at this level, in order."""
        return re.findall(rf"^\S+Z {level} (.*)$", self.log, re.MULTILINE)


@pytest.fixture
def run_script(tmp_path):
    """Runs the script of a step, with arguments by their names."""

    def run(step_type, env=None, interpreter=sys.executable, **arguments):
        step = default_registry().get(step_type)
        entry_point = step.specification.script_contract.entry_point
        code = tmp_path / "code"
        for item in stage_code(step.builder_class.script(), entry_point, "s3://bucket", ()).objects:
            path = code / item.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(item.chunks()))
        command = [str(interpreter), str(code / entry_point)]
        for name, value in arguments.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        root = tmp_path / "ml"
        environment = {"STEPSMITH_ML_ROOT": str(root), "PATH": os.environ["PATH"], **(env or {})}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
        )
        message = root / "output" / "message"
        return ScriptRun(done.returncode, done.stdout + done.stderr, message.read_text() if message.exists() else "")

    return run


@pytest.fixture
def written():
    """The files below a folder, by their relative names."""

    def files(folder):
        paths = (path for path in Path(folder).rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}

    return files
