"""A machine to run definitions on that are written by hand, as another tool would write them."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from stepsmith.definition.assets import Compiled
from stepsmith.local.engine import run
from stepsmith.local.sandbox.choice import sandbox_kind
from stepsmith.local.sandbox.launcher import Launcher
from stepsmith.local.sandbox.namespaces import probe
from stepsmith.local.store import Store

# Before every script: where the job's folders are on this machine.
PREAMBLE = """\
import json, os, signal, sys, time
from pathlib import Path
ROOT = Path(os.environ.get("STEPSMITH_ML_ROOT", "/opt/ml"))
IN, OUT = ROOT / "processing/input", ROOT / "processing/output/out"
"""
# A run in a process of its own: a definition's path, the store, the kind of sandbox, and how many steps at a time.
ENGINE = """\
import sys
from pathlib import Path
from stepsmith.definition.assets import Compiled
from stepsmith.local.engine import run
definition, store, sandbox, jobs = sys.argv[1:]
run(Compiled("by-hand", Path(definition).read_text()), store=store, sandbox=sandbox, jobs=int(jobs))
"""
WAIT_SECONDS = 30


@dataclass(frozen=True)
class Machine:
    """A store of its own, scripts and steps put there by hand, and runs of them."""

    store: Store

    def put(self, uri, content):
        """Puts an object that holds a text."""
        return self.store.objects.put(uri, [content.encode()])

    def read(self, uri):
        """The text of an object."""
        return self.store.objects.path(uri).read_text()

    def step(self, name, script, *, inputs=None, after=(), property_files=(), words=(), **arguments):
        """The JSON of a Processing step that runs `script`, which writes to OUT, with the objects of `inputs` in IN.

        Its arguments are `words`.
        """
        self.put(f"s3://tools/scripts/{name}/main.py", PREAMBLE + script)
        everything = {"code": f"s3://tools/scripts/{name}/", **(inputs or {})}
        place = ["s3://bucket/out", {"Get": "Execution.PipelineExecutionId"}, name]
        return {
            "Name": name,
            "Type": "Processing",
            "DependsOn": list(after),
            "PropertyFiles": list(property_files),
            "Arguments": {
                "AppSpecification": {
                    "ImageUri": "image",
                    "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/main.py"],
                    **({"ContainerArguments": list(words)} if words else {}),
                },
                "ProcessingResources": {
                    "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
                },
                "RoleArn": "arn:aws:iam::123456789012:role/a",
                "ProcessingInputs": [
                    {
                        "InputName": one,
                        "S3Input": {
                            "S3Uri": uri,
                            "LocalPath": f"/opt/ml/processing/input/{one}",
                            "S3DataType": "S3Prefix",
                            "S3InputMode": "File",
                        },
                    }
                    for one, uri in everything.items()
                ],
                "ProcessingOutputConfig": {
                    "Outputs": [
                        {
                            "OutputName": "out",
                            "S3Output": {
                                "S3Uri": {"Std:Join": {"On": "/", "Values": place}},
                                "LocalPath": "/opt/ml/processing/output/out",
                                "S3UploadMode": "EndOfJob",
                            },
                        }
                    ]
                },
                **arguments,
            },
        }

    def compiled(self, *steps, parameters=(), assets=()):
        """A definition of these steps, as text, and assets beside it."""
        document = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}
        return Compiled("by-hand", json.dumps(document), tuple(assets))

    def run(self, *steps, parameters=(), assets=(), given=None, **settings):
        """A run of these steps, in plain processes unless another sandbox is named."""
        compiled = self.compiled(*steps, parameters=parameters, assets=assets)
        return run(compiled, store=self.store.root, parameters=given, **{"sandbox": "process", **settings})

    def contents(self):
        """Every object, with its bytes."""
        root = self.store.objects.root
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def printed(self, step):
        """What the step of that name has printed so far, in whatever run."""
        return "".join(path.read_text() for path in (self.store.root / "runs").glob(f"*/{step}.log"))

    def running(self):
        """What is left of what runs need only while they execute."""
        return list((self.store.root / "running").glob("*"))

    def rows(self, query, *values):
        """What the store's database answers."""
        with closing(sqlite3.connect(self.store.database, isolation_level=None)) as connection:
            return connection.execute(query, values).fetchall()

    def outputs(self, run):
        """The objects that a run's steps left, by step and name, with their bytes."""
        place = self.store.objects.path(f"s3://bucket/out/{run}")
        return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def processes():
    """Every process of this machine."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - names, not paths


def command_of(process):
    """The command line of a process; none where it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


@dataclass(frozen=True)
class Trace:
    """A word that no other process has in its command: whoever has it is found, in whatever namespace it runs."""

    word: str

    def processes(self):
        """The processes that have it, without those of which only their exit status is left."""
        return [process for process in processes() if self.word.encode() in command_of(process)]

    def is_gone(self):
        """Whether no process has it."""
        return not self.processes()


def waited_for(look):
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + WAIT_SECONDS
    while not (found := look()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)
    return found


@functools.cache
def bwrap():
    """The kind of sandbox that bwrap makes; why it does not, where it does not."""
    return probe()


@pytest.fixture
def machine(tmp_path):
    return Machine(Store(tmp_path / "store"))


@pytest.fixture
def wait_for():
    return waited_for


@pytest.fixture
def trace():
    return Trace(uuid.uuid4().hex)


@pytest.fixture
def namespaces():
    """The kind of sandbox that bwrap makes."""
    if isinstance(bwrap(), str):
        pytest.skip(bwrap())
    return bwrap()


@pytest.fixture(params=["process", "bwrap"])
def sandbox_name(request):
    """Each kind of sandbox, by its name: what a step can notice is tested in both."""
    if request.param == "bwrap":
        request.getfixturevalue("namespaces")
    return request.param


@pytest.fixture
def kind(sandbox_name):
    """Each kind of sandbox."""
    return bwrap() if sandbox_name == "bwrap" else sandbox_kind(sandbox_name)


@pytest.fixture
def launcher():
    with Launcher() as one:
        yield one


@pytest.fixture
def impatient_launcher():
    """A launcher for what is to take longer than it may, whatever that is."""
    with Launcher(linger_seconds=0.2, grace_seconds=0.5) as one:
        yield one


@pytest.fixture
def engine(machine, tmp_path):
    """Begins a run of some steps in a process of its own, which a test can kill."""
    started = []

    def start(*steps, sandbox="process", jobs=2):
        definition = tmp_path / f"definition-{len(started)}.json"
        definition.write_text(machine.compiled(*steps).definition)
        command = [sys.executable, "-c", ENGINE, definition, machine.store.root, sandbox, str(jobs)]
        started.append(subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def locked_by_another():
    """A block in which another process has a lock, and is then killed."""

    @contextmanager
    def block(lock):
        program = "import sys, time; from pathlib import Path; from stepsmith.local.owner import locked\n"
        program += "with locked(Path(sys.argv[1])): print(flush=True); time.sleep(60)\n"
        lock.parent.mkdir(parents=True, exist_ok=True)
        with subprocess.Popen([sys.executable, "-c", program, lock], stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            yield
            process.kill()

    return block
