"""The benchmarks run; what they find is for people to read."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stepsmith.container.archive.read import read_archive
from stepsmith.local.sandbox.bubblewrap import probe

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
MIB = 1 << 20


def measured(name, *options, settings="pass"):
    """What a benchmark finds in one round, after statements that make it smaller."""
    program = f"import {name}; {settings}; {name}.main()"
    command = [sys.executable, "-c", program, "--rounds", "1", *options, "--json"]
    done = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def benchmark(monkeypatch):
    """Imports a benchmark, which is a script, as a module."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if (BENCHMARKS / f"{name}.py").exists():
            del sys.modules[name]


def test_the_local_engine_is_measured_beside_its_peers():
    if isinstance(why := probe(), str):
        pytest.skip(why)
    found = measured("local", "--steps", "2")
    beside = {"loop", "engine", *(["ninja"] if shutil.which("ninja") else [])}
    assert set(found["seconds"]) == {f"{one}/{sandbox}" for one in beside for sandbox in ("process", "bwrap")}
    assert all(seconds[0] > 0 for seconds in (*found["seconds"].values(), *found["memory_mb"].values()))


def test_an_archive_is_measured_beside_the_tools_that_do_a_part_of_it():
    found = measured("archive", "--megabytes", "1", settings="archive.KINDS = ('text',)")
    seconds = found["seconds"]["text"]
    assert {"cp", "inflate/zlib", "pass/zlib", "package/zlib", "splice/zlib", "pass/fast"} <= set(seconds)
    assert all(cpu >= 0 and wall > 0 for rounds in seconds.values() for cpu, wall in rounds)
    assert set(found["repack"]) == {"text"}
    assert all(peak > 0 for peak in found["memory_mb"].values())


def test_archives_of_each_kind_are_made(benchmark, tmp_path):
    archive = benchmark("archive")
    assert set(archive.KINDS) == {"weights", "noise", "text"}
    for kind in archive.KINDS:
        record = read_archive(str(archive._made(kind, MIB, tmp_path)))
        assert record.unpacked_bytes > MIB


def test_a_definition_is_measured_without_the_sdk_too():
    found = measured("definition", "--sdk", "nowhere", settings="definition.SIZES = ()")
    assert set(found) == {"check/50", "cold/50", "import/0"}
    assert all(seconds > 0 for seconds in found.values())


@pytest.mark.parametrize("size", [5, 50, 200, 1000])
def test_each_work_on_a_definition_is_measured(benchmark, size):
    definition = benchmark("definition")
    assert set(definition.SHOWN) - set(definition.BESIDE.values()) == {"emit", "build", "compile"}
    assert all(definition._WORKS[work](size) > 0 for work in ("emit", "build", "compile"))


def test_the_front_end_is_measured_beside_another_commit(benchmark):
    sizes = "check.SIZES = (1, 2); check.LARGE = check.KEYS = (3,); check.RESOLVED = (5, 10)"
    found = measured("check", "--base", "HEAD", settings=sizes)
    commands = {name: {"1", "2"} for name in ("check", "compile", "explain", "graph")}
    growth = {name: {"3"} for name in ("check, large", "explain, large", "check, unknown keys")}
    expected = {**commands, **growth, "front end of deploy": {"2"}, "resolving": {"5", "10"}}
    assert {name: set(sizes) for name, sizes in found.items() if name != "deploy --plan"} == expected
    assert all(seconds > 0 for sizes in found.values() for one in sizes.values() for seconds in one.values())
    assert "unknown keys" in benchmark("check").report(found)
