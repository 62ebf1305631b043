import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stepsmith.local.sandbox import supervisor
from stepsmith.local.sandbox.job import Outcome
from stepsmith.local.sandbox.plain_process import PlainProcess
from stepsmith.local.sandbox.supervisor import _SCOPES_VERSION, _children, _landlock_version, can_confine

# Processes of three generations, the last two in sessions of their own; it says that they are there, and sleeps.
GENERATIONS = """\
import subprocess, sys, time
code = "import subprocess, sys, time; subprocess.Popen(['sh', '-c', 'sleep 60; :', sys.argv[1]], "
code += "start_new_session=True); print('begun', flush=True); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", code, sys.argv[1]], start_new_session=True)
time.sleep(60)
"""


ONE = "import time; print('begun'); time.sleep(60)"


@pytest.fixture
def launcher(own_launcher):
    """The supervisors of these tests are its only children."""
    return own_launcher


@pytest.fixture
def begun(trace, wait_for):
    """Begins a script in a sandbox: the job that is at it, and the process that keeps it."""
    with ThreadPoolExecutor(1) as pool:

        def begin(box, script):
            job = pool.submit(box.run, "python3", "-c", script, trace.word)
            wait_for(lambda: box.log.exists() and box.log.read_text())
            (keeping,) = _children(box.sandbox.launcher._process.pid)
            return job, keeping

        yield begin


@pytest.fixture
def running(begun, box):
    """Begins processes of three generations: the job that is at it, and the process that keeps it."""
    return begun(box, GENERATIONS)


def test_a_job_whose_supervisor_is_killed_failed_and_nothing_of_it_is_left(running, trace, wait_for, expect_error):
    job, keeping = running
    os.kill(keeping, signal.SIGKILL)
    with expect_error("RUN065"):
        job.result()
    wait_for(trace.is_gone)


def test_a_supervisor_that_is_killed_costs_no_other_job(running, box_of, tmp_path, kind, expect_error):
    job, keeping = running
    other = box_of(kind, tmp_path / "other", tmp_path / "other-log")
    with ThreadPoolExecutor(1) as pool:
        script = 'touch "$TMPDIR/begun"; until [ -e "$TMPDIR/end" ]; do sleep 0.01; done'
        beside = pool.submit(other.run, "sh", "-c", script)
        os.kill(keeping, signal.SIGKILL)
        with expect_error("RUN065"):
            job.result()
        (other.root / "tmp").mkdir(exist_ok=True)
        (other.root / "tmp/end").touch()
    assert beside.result()[0] == Outcome(0)
    assert other.run("sh", "-c", "exit 3")[0] == Outcome(3)


def test_a_plain_step_ends_with_its_supervisor_though_nobody_is_left_to_end_it(
    begun, box_of, trace, wait_for, expect_error
):
    box = box_of(PlainProcess())
    job, keeping = begun(box, ONE)
    os.kill(keeping, signal.SIGSTOP)  # so that it does not come to know that it is alone
    box.sandbox.launcher._process.kill()
    box.sandbox.launcher._process.wait()
    os.kill(keeping, signal.SIGKILL)
    with expect_error("RUN065"):
        job.result()
    wait_for(trace.is_gone)


def test_a_step_that_would_kill_its_own_supervisor_cannot_or_failed_and_leaves_nothing(
    box_of, impatient_launcher, trace, wait_for, expect_error
):
    plain = box_of(PlainProcess(), launcher=impatient_launcher)
    script = "sleep 60 & kill -KILL $PPID || exit 7; sleep 60"
    if _landlock_version() < _SCOPES_VERSION:
        with expect_error("RUN065", text=False):
            plain.run("sh", "-c", script, trace.word)
    else:
        outcome, _ = plain.run("sh", "-c", script, trace.word)
        assert outcome == Outcome(7, left_running=("sleep",))
    wait_for(trace.is_gone)


@pytest.fixture
def served():
    """The process that forks supervisors, run as it is from nothing but its file, and the socket that it listens to."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-I", "-S", supervisor.__file__, str(theirs.fileno())]
    with ours, theirs, subprocess.Popen(command, pass_fds=[theirs.fileno()]) as process:
        theirs.close()
        yield process, ours
        ours.close()


def asked(control, text):
    """What a new supervisor answers to a text, which it is told as a job."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            socket.send_fds(control, [b"+"], [theirs.fileno()])
        ours.sendall(text)
        ours.settimeout(30)
        return b"".join(iter(lambda: ours.recv(65536), b""))


def job(tmp_path, *command, **members):
    described = {
        "command": command,
        "environment": {},
        "folder": str(tmp_path),
        "writable": None,
        "timeout_seconds": 60,
        "linger_seconds": 2,
        "grace_seconds": 5,
        "log": str(tmp_path / "log"),
        **members,
    }
    return json.dumps(described).encode() + b"\n"


def test_a_supervisor_answers_how_its_job_ended(served, tmp_path):
    _, control = served
    answer = asked(control, job(tmp_path, "/bin/sh", "-c", "printf 'a\\0'; exit 3"))
    assert json.loads(answer) == {"exit_status": 3, "left_running": [], "binary_at": 1, "log_fault": ""}
    assert (tmp_path / "log").read_bytes() == b"a\0"


def test_a_job_that_makes_no_sense_costs_no_other_job(served, tmp_path):
    _, control = served
    for text in (b"no JSON\n", b"{}\n", b"[1]\n"):
        assert asked(control, text) == b""
    assert json.loads(asked(control, job(tmp_path, "/bin/sh", "-c", "exit 0")))["exit_status"] == 0


def test_it_ends_when_nobody_is_there_who_could_ask(served):
    process, control = served
    control.close()
    assert process.wait(30) == 0


def test_it_ends_what_it_keeps_before_it_ends(served, tmp_path, trace, wait_for):
    process, control = served
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            socket.send_fds(control, [b"+"], [theirs.fileno()])
        ours.sendall(job(tmp_path, sys.executable, "-c", GENERATIONS, trace.word))
        wait_for(lambda: (tmp_path / "log").exists() and (tmp_path / "log").read_text())
        control.close()
        ours.shutdown(socket.SHUT_WR)
        assert process.wait(30) == 0
    assert trace.is_gone()


def test_what_a_supervisor_left_that_was_killed_is_ended_before_it_ends(served, tmp_path, trace, wait_for):
    process, control = served
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            socket.send_fds(control, [b"+"], [theirs.fileno()])
        ours.sendall(job(tmp_path, sys.executable, "-c", GENERATIONS, trace.word))
        wait_for(lambda: (tmp_path / "log").exists() and (tmp_path / "log").read_text())
        os.kill(process.pid, signal.SIGSTOP)  # so that it comes to know of both at once
        os.kill(_children(process.pid)[0], signal.SIGKILL)
        control.close()
        os.kill(process.pid, signal.SIGCONT)
        assert process.wait(30) == 0
    assert trace.is_gone()


def test_this_kernel_is_asked_whether_it_can_confine():
    path = Path("/sys/kernel/security/lsm")
    with contextlib.suppress(OSError):
        assert can_confine() == ("landlock" in path.read_text().split(","))
