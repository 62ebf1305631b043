"""The benchmarks run; what they find is for people to read."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stepsmith.local.sandbox.namespaces import probe

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


def test_the_local_engine_is_measured_beside_its_peers():
    if isinstance(why := probe(), str):
        pytest.skip(why)
    command = [sys.executable, BENCHMARKS / "local.py", "--steps", "2", "--rounds", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    measured = {"loop", "engine", *(["ninja"] if shutil.which("ninja") else [])}
    assert set(found["seconds"]) == {f"{one}/{sandbox}" for one in measured for sandbox in ("process", "bwrap")}
    assert all(seconds[0] > 0 for seconds in (*found["seconds"].values(), *found["memory_mb"].values()))


def test_an_archive_is_measured_beside_the_tools_that_do_a_part_of_it():
    command = [sys.executable, BENCHMARKS / "archive.py", "--megabytes", "2", "--rounds", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found["seconds"]) == {"weights", "noise", "text"}
    for seconds in found["seconds"].values():
        assert {"cp", "inflate/zlib", "pass/zlib", "package/zlib", "splice/zlib", "pass/fast"} <= set(seconds)
        assert all(cpu >= 0 and wall > 0 for rounds in seconds.values() for cpu, wall in rounds)
    assert set(found["repack"]) == {"weights", "noise", "text"}
    assert all(peak > 0 for peak in found["memory_mb"].values())


def test_a_definition_is_measured_without_the_sdk_too():
    command = [sys.executable, BENCHMARKS / "definition.py", "--rounds", "1", "--sdk", "nowhere", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    works = {f"{work}/{size}" for work in ("emit", "build", "compile") for size in (5, 50, 200, 1000)}
    assert set(found) == {*works, "check/50", "cold/50", "import/0"}
    assert all(seconds > 0 for seconds in found.values())
