"""`make demo` in a fresh clone, with an environment made from nothing. Slow: `make test-clone` runs it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.clone


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_make_demo_does_all_the_set_up_and_registers_a_version(tmp_path):
    clone = tmp_path / "a fresh clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    command = ["make", "demo", f"PYTHON={Path(sys.base_prefix) / 'bin' / 'python3'}"]
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = dict(re.findall(r"^(\w+) +(\S.*)$", done.stdout, re.MULTILINE))
    example = clone / "examples" / "pretrained-model"
    assert told["source_sha256"] == sha256(example / "models" / "penguins.tar.gz")
    assert told["package_sha256"] == sha256(clone / told["package"])
    command = [clone / ".venv" / "bin" / "stepsmith", "models", "--json"]
    listed = subprocess.run(command, cwd=example, capture_output=True, text=True, check=True)
    (package,) = json.loads(listed.stdout)
    assert package["CustomerMetadataProperties"]["package_sha256"] == told["package_sha256"]
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert status.stdout == ""
