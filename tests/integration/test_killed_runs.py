"""Runs that are killed with -9 at seeded random moments, one process of them or all, in both sandboxes.

Each test kills ten runs in one store, each of which is the next run for the one before it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from stepsmith.definition.assets import Compiled
from stepsmith.local import ModelRegistry, Store, run
from stepsmith.local.history import EXECUTING, SUCCEEDED, RunHistory
from stepsmith.local.recovery import recover
from stepsmith.local.sandbox.namespaces import probe

KILLS, TESTS = 10, 10
# A run of the definition below takes about so long from when it begins; a moment later it may just have ended.
MOMENT_SECONDS = 0.28
VANISHED_SECONDS = 20
VICTIMS = ("engine", "engine", "engine", "engine", "step", "step", "launcher", "keeper", "all")
ENGINE = """\
import sys
from pathlib import Path
from stepsmith.definition.assets import Compiled
from stepsmith.local import Observer, run

class Begun(Observer):
    def begun(self, run, definition):
        print(run.id, flush=True)

run(Compiled("killed", Path(sys.argv[1]).read_text()), store=sys.argv[2], sandbox=sys.argv[3], jobs=2, observer=Begun())
"""
# Each step's outputs go to as many buckets, so that no single rename makes all of them objects.
OUTPUTS = tuple(f"out-{number}" for number in range(6))
FILES = 2
# Writes what its name says into its outputs, piece by piece, and stays where it is told to; its second argument is only
# there to be found by.
SCRIPT = """\
import os, sys, time
name, root = sys.argv[1], os.environ.get("STEPSMITH_ML_ROOT", "/opt/ml")
for output in OUTPUTS:
    for number in range(FILES):
        with open(f"{root}/processing/output/{output}/{number}.bin", "wb") as file:
            for piece in range(2):
                file.write(f"{name} {output} {number} {piece}\\n".encode() * 999)
                file.flush()
                time.sleep(0.001)
time.sleep(float(sys.argv[3]))
""".replace("OUTPUTS", repr(OUTPUTS)).replace("FILES", str(FILES))
STAY_SECONDS, PATIENCE_SECONDS = 60, 1


def definition(token, stay_seconds=0):
    """Four Processing steps, two of them side by side, and a registration of what the last left; it may stay."""
    graph = (("a", [], 0), ("b", ["a"], 0), ("c", ["a"], 0), ("d", ["b", "c"], stay_seconds))
    steps = [step(name, after, [token, str(seconds)]) for name, after, seconds in graph]
    model = join("s3://kept-out-0", {"Get": "Execution.PipelineExecutionId"}, "d/0.bin")
    container = {"Image": "image", "ModelDataUrl": model}
    register = {
        "Name": "register",
        "Type": "RegisterModel",
        "DependsOn": ["d"],
        "Arguments": {"ModelPackageGroupName": "killed", "InferenceSpecification": {"Containers": [container]}},
    }
    return json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": [*steps, register]})


def step(name, after, arguments):
    return {
        "Name": name,
        "Type": "Processing",
        "DependsOn": after,
        "Arguments": {
            "AppSpecification": {
                "ImageUri": "image",
                "ContainerEntrypoint": ["python3", "-S", "-c", SCRIPT, name],
                "ContainerArguments": arguments,
            },
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
            "RoleArn": "arn:aws:iam::123456789012:role/a",
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": output,
                        "S3Output": {
                            "S3Uri": join(f"s3://kept-{output}", {"Get": "Execution.PipelineExecutionId"}, name),
                            "LocalPath": f"/opt/ml/processing/output/{output}",
                        },
                    }
                    for output in OUTPUTS
                ]
            },
        },
    }


def join(*values):
    return {"Std:Join": {"On": "/", "Values": list(values)}}


def contents(store):
    """The digest of every object, by run and by its key without the run's id."""
    found = {}
    for path in sorted(store.objects.root.rglob("*")):
        parts = path.relative_to(store.objects.root).parts
        if path.is_file():
            run_id = next((part for part in parts if len(part) == 12), "")
            key = "/".join("ID" if part == run_id else part for part in parts)
            found.setdefault(run_id, {})[key] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@pytest.fixture
def whole(tmp_path):
    """The objects of a run that nobody killed."""
    store = Store(tmp_path / "whole")
    run(Compiled("killed", definition("nobody")), store=store.root, sandbox="process")
    (objects,) = contents(store).values()
    assert len(objects) == 4 * len(OUTPUTS) * FILES
    return objects


@pytest.mark.parametrize("seed", range(TESTS))
@pytest.mark.parametrize("sandbox", ["process", "bwrap"])
def test_a_run_that_is_killed_at_any_moment_leaves_nothing_half_done(tmp_path, whole, sandbox, seed):
    if sandbox == "bwrap" and isinstance(why := probe(), str):
        pytest.skip(why)
    token = uuid.uuid4().hex
    path, store = tmp_path / "definition.json", Store(tmp_path / "store")
    chance = random.Random(f"{sandbox} {seed}")  # noqa: S311 - repeatable is what it is to be
    ids = []
    for _ in range(KILLS):
        path.write_text(definition(token, chance.choice([0, 0, STAY_SECONDS])))
        engine = started(path, store, sandbox)
        ids.append(engine.stdout.readline().strip())
        time.sleep(chance.uniform(0, MOMENT_SECONDS))
        kill(chance.choice(VICTIMS), engine, chance)
        end(engine)
        wait_until_none_has(token)
        told(store, ids, half_way=True, whole=whole)
        if chance.random() < 0.5:  # else the next run, which may be killed at it, is the first to tidy up
            recover(store)
            told(store, ids, half_way=False, whole=whole)
            assert store.run_places() == []
    last = run(Compiled("killed", definition(token)), store=store.root, sandbox=sandbox)
    assert contents(store)[last.id] == whole
    told(store, [*ids, last.id], half_way=False, whole=whole)
    assert not (store.root / "running").exists()


def started(path, store, sandbox):
    """An engine that has begun a run, in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-c", ENGINE, path, store.root, sandbox]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def kill(victim, engine, chance):
    """Kills a process of a run, or all, when it is there; when it is not, the engine.

    All are stopped before they are looked for, each before those that it has started: none is missed that has only just
    begun. What is left where all are killed but one is told in docs/local-runs.md.
    """
    if victim == "all":
        for process in [*stopped(engine.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return
    launchers = children(engine.pid)
    keepers = [child for one in launchers for child in children(one)]
    steps = [child for one in keepers for child in children(one)]
    inner = [child for one in steps for child in children(one)]
    found = {"engine": [], "launcher": launchers, "keeper": keepers, "step": [*steps, *inner]}
    with contextlib.suppress(ProcessLookupError):
        os.kill(chance.choice(found[victim] or [engine.pid]), signal.SIGKILL)


def stopped(process):
    """A process and all that came of it, each stopped."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGSTOP)
    yield process
    for child in children(process):
        yield from stopped(child)


def end(engine):
    """Waits for the end of an engine; one that stays at a step, of which nothing was killed, is killed then."""
    try:
        engine.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        engine.kill()
    engine.communicate(timeout=VANISHED_SECONDS)


def children(process):
    found = []
    with contextlib.suppress(OSError):  # it may end while it is looked at
        for path in Path(f"/proc/{process}/task").glob("*/children"):
            found += map(int, path.read_text().split())
    return found


def wait_until_none_has(token):
    """Waits until no process of this machine has the token in its command."""
    until = time.monotonic() + VANISHED_SECONDS
    while found := [path for path in Path("/proc").glob("[0-9]*/cmdline") if token in command_of(path)]:
        assert time.monotonic() < until, f"left running: {found}"
        time.sleep(0.005)


def command_of(path):
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def told(store, ids, *, half_way, whole):
    """What the store holds and what its history tells is true, of each run; `half_way` before anyone tidied up."""
    history = RunHistory(store.database)
    found = contents(store)
    assert set(found) <= set(ids)
    assert {record.status for record in history.runs()} <= {"Succeeded", "Failed", "Stopped"}
    for run_id in ids:
        objects, record = found.get(run_id, {}), history.run(run_id)
        assert objects.items() <= whole.items()
        assert EXECUTING not in {one.status for one in record.steps}
        for one in record.steps:
            there = {key for key in objects if f"/ID/{one.name}/" in key}
            all_of_it = {key for key in whole if f"/ID/{one.name}/" in key}
            if one.status == SUCCEEDED:
                assert there == all_of_it
            # In one folder that is new, objects appear at once; in several, all of them once the run is tidied up.
            for output in OUTPUTS:
                part = {key for key in there if key.startswith(f"kept-{output}/")}
                assert part in (set(), {key for key in all_of_it if key.startswith(f"kept-{output}/")})
            assert half_way or there in (set(), all_of_it)
    for package in ModelRegistry(store.database).packages():
        assert store.objects.has(package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])
