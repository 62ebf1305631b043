"""A machine to run definitions on that are written by hand, as another tool would write them."""

from __future__ import annotations

import functools
import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from stepsmith.definition.assets import Compiled
from stepsmith.local.engine import run
from stepsmith.local.run_owner import RunOwner, _started
from stepsmith.local.sandbox.bubblewrap import probe
from stepsmith.local.sandbox.launcher import Launcher
from stepsmith.local.sandbox.selection import select_sandbox
from stepsmith.local.store import Store

# Before every script: where the job's folders are on this machine.
PREAMBLE = """\
import os, sys, time
ROOT = os.environ.get("STEPSMITH_ML_ROOT", "/opt/ml")
IN, OUT = ROOT + "/processing/input", ROOT + "/processing/output/out"
def write(name, text): open(OUT + "/" + name, "w").write(text)
"""
# Runs each program in a fork of itself, which starts at once because the engine is imported already. A program comes
# over a socket of its own, with the file for its output; the answer is the process id and, at the end, the exit status.
FORK_SERVER = """\
import json, os, signal, socket, sys
import stepsmith.local.engine

control = socket.socket(fileno=int(sys.argv[1]))
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    message, files, _, _ = socket.recv_fds(control, 1, 2)
    if not message:
        sys.exit()
    if os.fork() == 0:
        break
    for file in files:
        os.close(file)
control.close()
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
connection, output = socket.socket(fileno=files[0]), files[1]
with connection.makefile("rb") as request:
    program, arguments, environment = json.loads(request.readline())
process = os.fork()
if process:
    os.close(output)
    connection.sendall(process.to_bytes(4, "big"))
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    connection.sendall(status.to_bytes(4, "big", signed=True))
    os._exit(0)
connection.close()
os.setsid()
os.dup2(output, 1)
os.dup2(output, 2)
os.close(output)
os.environ.clear()
os.environ.update(environment)
sys.argv[1:] = arguments
exec(program, {"__name__": "__main__"})
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
                    "ContainerEntrypoint": ["python3", "-S", "/opt/ml/processing/input/code/main.py"],
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


class PythonProcess:
    """A running Python program, with the part of `subprocess.Popen` that tests use; `stdout` includes its errors."""

    def __init__(self, connection, stdout):
        self._connection, self.stdout, self.returncode = connection, stdout, None
        self.pid = self._number()

    def _number(self):
        answer = self._connection.recv(4)
        assert len(answer) == 4, "the process that forks others has ended"
        return int.from_bytes(answer, "big", signed=True)

    def wait(self, timeout=None):
        if self.returncode is None and select.select([self._connection], [], [], timeout)[0]:
            self.returncode = self._number()
        return self.returncode

    def poll(self):
        return self.wait(0)

    def send_signal(self, number):
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def close(self):
        self.kill()
        self.wait()
        self._connection.close()
        self.stdout.close()


@dataclass(frozen=True)
class QuickTimeoutLauncher:
    """A launcher that gives a job a fifth of a second, and more time only if it has not printed anything by then."""

    launcher: Launcher

    def run(self, launch, timeout_seconds, log):
        for seconds in (0.2, timeout_seconds, 5 * timeout_seconds):
            outcome = self.launcher.run(launch, seconds, log)
            if log.stat().st_size:
                break
        return outcome


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


@pytest.fixture(scope="session")
def gone():
    """An owner whose process has ended."""
    with subprocess.Popen(["sleep", "60"]) as process:
        owner = replace(RunOwner.current(), pid=process.pid, started=_started(process.pid))
        process.kill()
    return owner


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
    return bwrap() if sandbox_name == "bwrap" else select_sandbox(sandbox_name)


@pytest.fixture(scope="session")
def launcher():
    """A launcher that tests share; a test that stops or breaks one takes `own_launcher`."""
    with Launcher() as one:
        yield one


@pytest.fixture
def own_launcher():
    with Launcher() as one:
        yield one


@pytest.fixture(scope="session")
def impatient_launcher():
    """A launcher that tests share, for what is to take longer than it may, whatever that is."""
    with Launcher(linger_seconds=0.2, grace_seconds=0.3) as one:
        yield one


@pytest.fixture
def quick_timeout():
    """Makes a launcher for jobs that print something and then take longer than they may."""
    return QuickTimeoutLauncher


@pytest.fixture(scope="session")
def fork_server():
    """The socket of a process that runs Python programs in forks of itself."""
    ours, theirs = socket.socketpair()
    # Nothing measures the coverage of a process that a test kills, or that cannot write its own file.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-c", FORK_SERVER, str(theirs.fileno())]
    with ours, subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()], start_new_session=True):
        theirs.close()
        yield ours
        ours.close()


@pytest.fixture
def start_python(fork_server):
    """Starts a Python program in a process and a session of its own; at the end of the test it is killed."""
    with ExitStack() as processes:

        def start(program, *arguments, environment=os.environ):
            ours, theirs = socket.socketpair()
            output, writer = os.pipe()
            with theirs:
                socket.send_fds(fork_server, [b"+"], [theirs.fileno(), writer])
            os.close(writer)
            variables = {name: os.fsdecode(value) for name, value in environment.items()}
            ours.sendall(json.dumps([program, [*map(str, arguments)], variables]).encode() + b"\n")
            return processes.enter_context(closing(PythonProcess(ours, os.fdopen(output, encoding="utf-8"))))

        yield start


@pytest.fixture
def run_python(start_python):
    """Runs a Python program in a process of its own, to its successful end; gives what it prints, errors included."""

    def run_to_its_end(program, *arguments, **settings):
        process = start_python(program, *arguments, **settings)
        printed = process.stdout.read()
        assert process.wait(WAIT_SECONDS) == 0, printed
        return printed

    return run_to_its_end


@pytest.fixture
def engine(machine, tmp_path, start_python):
    """Begins a run of some steps in a process of its own, which a test can kill."""

    def start(*steps, sandbox="process", jobs=2):
        (tmp_path / "definition.json").write_text(machine.compiled(*steps).definition)
        return start_python(ENGINE, tmp_path / "definition.json", machine.store.root, sandbox, jobs)

    return start


@pytest.fixture
def locked_by_another(start_python):
    """A block in which another process has a lock, and is then killed."""

    @contextmanager
    def block(lock):
        program = "import sys, time; from pathlib import Path; from stepsmith.local.run_owner import locked\n"
        program += "with locked(Path(sys.argv[1])): print(flush=True); time.sleep(60)\n"
        lock.parent.mkdir(parents=True, exist_ok=True)
        process = start_python(program, lock)
        process.stdout.readline()
        yield
        process.kill()
        process.wait()

    return block
