"""The benchmark of deploys runs; what it finds is for people to read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.aws
BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "deploy.py"


def test_a_deploy_is_measured_beside_the_aws_cli():
    command = [sys.executable, BENCHMARK, "--megabytes", "12", "--rounds", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found["upload"]) == {"ministack", "juicefs"}
    for ways in found["upload"].values():
        assert set(ways) == {"aws s3 cp", "stepsmith"}
    second = found["deploy"]["second"]
    assert second["requests"] <= 4 + second["assets"]
