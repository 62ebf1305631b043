"""Runs that are killed with -9 at seeded random moments, one process of them or all, in both sandboxes.

Each test kills ten runs in one store, each of which is the next run for the one before it.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from stepsmith.definition.assets import Compiled
from stepsmith.local import ModelRegistry, Store, run
from stepsmith.local.history import EXECUTING, SUCCEEDED, RunHistory
from stepsmith.local.recovery import recover
from stepsmith.local.sandbox.bubblewrap import probe

KILLS, TESTS = 10, 8
VANISHED_SECONDS, ABANDONED_SECONDS = 20, 2
VICTIMS = ("engine", "engine", "engine", "engine", "step", "step", "launcher", "supervisor", "all")
# Runs the definition of each line of its input in a fork of itself, so that the engine is imported only once.
ENGINES = """\
import json, os, sys
from stepsmith.definition.assets import Compiled
from stepsmith.local import Observer, run

class Begun(Observer):
    def begun(self, run, definition):
        print(os.getpid(), run.id, flush=True)

for line in sys.stdin:
    definition, store, sandbox = json.loads(line)
    engine = os.fork()
    if engine == 0:
        run(Compiled("killed", definition), store=store, sandbox=sandbox, jobs=2, observer=Begun())
        break
    os.waitpid(engine, 0)
    print("ended", flush=True)
"""
# Each step's outputs go to as many buckets, so that no single rename makes all of them objects.
OUTPUTS = tuple(f"out-{number}" for number in range(4))
FILES = 2
# Writes its files piece by piece, and then sleeps for as many seconds as its second argument says.
SCRIPT = """\
cd "${STEPSMITH_ML_ROOT:-/opt/ml}/processing/output"
for output in OUTPUTS; do
    for piece in 0 1; do
        for number in NUMBERS; do
            echo "$1 $output $number $piece" >> "$output/$number.bin"
        done
        sleep 0.001
    done
done
sleep "$2"
""".replace("OUTPUTS", " ".join(OUTPUTS)).replace("NUMBERS", " ".join(map(str, range(FILES))))
STAY_SECONDS = 60


def definition(token, stay_seconds=0):
    """Two Processing steps side by side, one after them, which may stay, and a registration of what that left.

    All processes of the steps have the token in their environment, and most in their command too.
    """
    graph = (("a", [], 0), ("b", [], 0), ("c", ["a", "b"], stay_seconds))
    steps = [step(name, after, [name, str(seconds), token]) for name, after, seconds in graph]
    model = join("s3://kept-out-0", {"Get": "Execution.PipelineExecutionId"}, "c/0.bin")
    container = {"Image": "image", "ModelDataUrl": model}
    register = {
        "Name": "register",
        "Type": "RegisterModel",
        "DependsOn": ["c"],
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
                "ContainerEntrypoint": ["sh", "-euc", SCRIPT, "sh"],
                "ContainerArguments": arguments,
            },
            "Environment": {"TOKEN": arguments[-1]},
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
    """The bytes of every object, by run and by its key without the run's id."""
    found = {}
    for path in store.objects.root.rglob("*"):
        parts = path.relative_to(store.objects.root).parts
        if path.is_file():
            run_id = next((part for part in parts if len(part) == 12), "")
            key = "/".join("ID" if part == run_id else part for part in parts)
            found.setdefault(run_id, {})[key] = path.read_bytes()
    return found


class Engines:
    """Starts engines, one at a time, each in a process of its own."""

    def __init__(self, process):
        self._process = process

    def start(self, definition, store, sandbox):
        """Starts a run: the engine's process and the run's id, once the run has begun."""
        self._process.stdin.write(json.dumps([definition, str(store.root), sandbox]).encode() + b"\n")
        process, run_id = self._process.stdout.readline().decode().split()
        return int(process), run_id

    def wait(self, engine, patience_seconds):
        """Waits for the end of the engine that was started last; one that takes longer is killed."""
        if not select.select([self._process.stdout], [], [], patience_seconds)[0]:
            with contextlib.suppress(ProcessLookupError):  # it may end just now
                os.kill(engine, signal.SIGKILL)
        assert select.select([self._process.stdout], [], [], VANISHED_SECONDS)[0]
        assert self._process.stdout.readline() == b"ended\n"


@pytest.fixture(scope="module")
def engines():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "bufsize": 0}
    with subprocess.Popen([sys.executable, "-c", ENGINES], env=environment, **pipes) as process:
        yield Engines(process)


@dataclass(frozen=True)
class CompleteRun:
    """A run that nobody killed: its objects, and how long it took once it had begun."""

    objects: dict[str, bytes]
    seconds: float


@pytest.fixture(scope="module")
def complete_run(engines, tmp_path_factory):
    """A complete run in each kind of sandbox."""

    @cache
    def complete(sandbox):
        if sandbox == "bwrap" and isinstance(why := probe(), str):
            pytest.skip(why)
        store = Store(tmp_path_factory.mktemp("complete"))
        seconds = []
        for _ in range(2):  # the first one is slower than those to come
            engine, run_id = engines.start(definition("nobody"), store, sandbox)
            began = time.monotonic()
            engines.wait(engine, VANISHED_SECONDS)
            seconds.append(time.monotonic() - began)
        objects = contents(store)[run_id]
        assert len(objects) == 3 * len(OUTPUTS) * FILES
        return CompleteRun(objects, min(seconds))

    return complete


@pytest.mark.parametrize("seed", range(TESTS))
@pytest.mark.parametrize("sandbox", ["process", "bwrap"])
def test_a_run_that_is_killed_at_any_moment_leaves_nothing_half_done(tmp_path, engines, complete_run, sandbox, seed):
    complete = complete_run(sandbox)
    token, store = uuid.uuid4().hex, Store(tmp_path / "store")
    chance = random.Random(f"{sandbox} {seed}")  # noqa: S311 - the same moments each time
    ids = []
    for _ in range(KILLS):
        engine, run_id = engines.start(definition(token, chance.choice([0, 0, STAY_SECONDS])), store, sandbox)
        ids.append(run_id)
        time.sleep(chance.uniform(0, complete.seconds))
        kill(chance.choice(VICTIMS), engine, chance)
        engines.wait(engine, 2 * complete.seconds)
        wait_until_none_has(token)
        check(store, ids, complete.objects, is_tidy=False)
        if chance.random() < 0.5:  # else the next run, which may be killed at it, is the first to tidy up
            recover(store)
            check(store, ids, complete.objects, is_tidy=True)
            assert store.working_folders() == []
    last = run(Compiled("killed", definition(token)), store=store.root, sandbox=sandbox)
    assert contents(store)[last.id] == complete.objects
    check(store, [*ids, last.id], complete.objects, is_tidy=True)
    assert not (store.root / "running").exists()


def kill(victim, engine, chance):
    """Kills a process of a run, or all of them; the engine, if there is no such process.

    To kill all, each is stopped before its children are looked up, so that none that has just started is missed.
    docs/local-runs.md says what remains if all but one are killed.
    """
    if victim == "all":
        for process in [*stopped(engine)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return
    launchers = children(engine)
    supervisors = [child for one in launchers for child in children(one)]
    steps = [child for one in supervisors for child in children(one)]
    inner = [child for one in steps for child in children(one)]
    found = {"engine": [], "launcher": launchers, "supervisor": supervisors, "step": [*steps, *inner]}
    with contextlib.suppress(ProcessLookupError):
        os.kill(chance.choice(found[victim] or [engine]), signal.SIGKILL)


def stopped(process):
    """Stops a process and all of its descendants, each before its children."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGSTOP)
    yield process
    for child in children(process):
        yield from stopped(child)


def children(process):
    found = []
    with contextlib.suppress(OSError):  # it may end while it is looked at
        for path in Path(f"/proc/{process}/task").glob("*/children"):
            found += map(int, path.read_text().split())
    return found


def wait_until_none_has(token):
    """Waits until no process of this machine has the token in its command or its environment.

    If bwrap's outer process is killed while it sets up a step, its inner one waits for it and never starts the step, as
    docs/local-runs.md says. That one is ended here.
    """
    began = time.monotonic()
    while found := [path for path in Path("/proc").glob("[0-9]*") if token.encode() in environment_of(path)]:
        waited = time.monotonic() - began
        assert waited < VANISHED_SECONDS, f"left running: {found}"
        for path in found if waited > ABANDONED_SECONDS else ():
            if is_abandoned(path):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(path.name), signal.SIGKILL)
        time.sleep(0.002)


def is_abandoned(process):
    """Whether it is the first process of a namespace that bwrap made, and has not started the step."""
    with contextlib.suppress(OSError):
        status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)
        is_first = status["NSpid"].split()[1:] == ["1"]
        return status["Name"] == "bwrap" and is_first and not children(process.name)
    return False


def environment_of(process):
    """The environment of a process; where that cannot be read, as of a setuid bwrap, its command."""
    for name in ("environ", "cmdline"):
        with contextlib.suppress(OSError):
            return (process / name).read_bytes()
    return b""


def check(store, ids, complete, *, is_tidy):
    """Checks that the objects of each run, and what the history says of it, are true; `is_tidy` after a recovery."""
    history = RunHistory(store.database)
    found = contents(store)
    assert set(found) <= set(ids)
    assert {record.status for record in history.runs()} <= {"Succeeded", "Failed", "Stopped"}
    for run_id in ids:
        objects, record = found.get(run_id, {}), history.run(run_id)
        assert objects.items() <= complete.items()
        assert EXECUTING not in {one.status for one in record.steps}
        for one in record.steps:
            there = {key for key in objects if f"/ID/{one.name}/" in key}
            all_of_it = {key for key in complete if f"/ID/{one.name}/" in key}
            if one.status == SUCCEEDED:
                assert there == all_of_it
            # In one folder that is new, objects appear at once; in several, all of them once the run is tidied up.
            for output in OUTPUTS:
                part = {key for key in there if key.startswith(f"kept-{output}/")}
                assert part in (set(), {key for key in all_of_it if key.startswith(f"kept-{output}/")})
            assert not is_tidy or there in (set(), all_of_it)
    for package in ModelRegistry(store.database).packages():
        assert store.objects.has(package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])
