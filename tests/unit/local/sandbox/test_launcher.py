import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from stepsmith.local.run_owner import _started
from stepsmith.local.sandbox.job import Launch, Outcome
from stepsmith.local.sandbox.launcher import Launcher
from stepsmith.local.sandbox.supervisor import _children, can_confine

# An engine that runs a job from a thread of its own, and whose fork keeps all that it has open.
ENGINE = """\
import os, sys, threading, time
from pathlib import Path
from stepsmith.local.sandbox.job import Job, Sandbox
from stepsmith.local.sandbox.selection import select_sandbox
from stepsmith.local.sandbox.launcher import Launcher
root, kind, script, word = Path(sys.argv[1]), select_sandbox(sys.argv[2]), sys.argv[3], sys.argv[4]
with Launcher() as launcher:
    job = Job(["python3", "-c", script, word], {}, 60, root / "log")
    threading.Thread(target=Sandbox(root, kind, launcher).run, args=[job]).start()
    if len(sys.argv) > 5:
        while not (root / "log").exists() or not (root / "log").read_text():
            time.sleep(0.005)
        forked = os.fork()
        if forked == 0:
            time.sleep(60)
        Path(sys.argv[5]).write_text(str(forked))
    time.sleep(60)
"""
# Begins a process in a session of its own, says that it has, and goes on.
SCRIPT = """\
import subprocess, sys, time
subprocess.Popen(["sh", "-c", "sleep 60; :", sys.argv[1]], start_new_session=True)
print("begun", flush=True)
time.sleep(60)
"""


@pytest.fixture
def launcher(own_launcher):
    return own_launcher


@pytest.fixture
def run(launcher, tmp_path):
    """Runs a command as it is, without a sandbox."""

    def start(*command, seconds=60, folder=tmp_path, log=tmp_path / "log", by=launcher, writable=None):
        launch = Launch(command, {"PATH": os.environ["PATH"]}, folder, writable)
        return by.run(launch, seconds, log)

    return start


def is_there(process):
    """Whether a process is, and not only its exit status."""
    return _started(process) != ""


def test_a_process_is_started_as_it_is_said(launcher, tmp_path):
    launch = Launch(["sh", "-c", 'echo "$PWD $A"; exit 3'], {"A": "a b"}, tmp_path)
    assert launcher.run(launch, 60, tmp_path / "log") == Outcome(3)
    assert (tmp_path / "log").read_text() == f"{tmp_path} a b\n"


def test_what_cannot_be_started_is_an_error_that_names_it(run, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        run("no-such-command")
    assert caught.value.filename == "no-such-command"
    with pytest.raises(FileNotFoundError) as caught:
        run("true", folder=tmp_path / "gone")
    assert caught.value.filename == str(tmp_path / "gone")
    with pytest.raises(IsADirectoryError) as caught:
        run("true", log=tmp_path)
    assert caught.value.filename == str(tmp_path)


@pytest.mark.skipif(not can_confine(), reason="this kernel has no Landlock of version 3, or switched it off")
def test_a_place_to_write_to_that_is_not_there_is_none(run, tmp_path):
    assert run("touch", str(tmp_path / "begun"), writable=[str(tmp_path / "gone")]) == Outcome(1)
    assert not (tmp_path / "begun").exists()


def test_a_command_may_be_as_long_as_the_system_takes(run, tmp_path):
    assert run("sh", "-c", 'for one; do printf %s "$one"; done', "sh", *["x" * 100_000] * 10) == Outcome(0)
    assert (tmp_path / "log").stat().st_size == 1_000_000


def test_time_that_is_over_at_once_is_over(run):
    assert run("sleep", "60", seconds=0).timed_out


def test_many_processes_one_after_another_and_side_by_side(run, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        ends = [pool.submit(run, "sh", "-c", f"exit {number}", log=tmp_path / f"{number}") for number in range(64)]
    assert [end.result() for end in ends] == [Outcome(number) for number in range(64)]


def test_at_the_end_of_a_launcher_nothing_of_it_is_left(run, trace, wait_for):
    with Launcher() as launcher:
        process = launcher._process.pid
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(run, "sh", "-c", "sleep 60; :", trace.word, by=launcher)
            wait_for(trace.processes)
            launcher.__exit__()
    assert running.result() == Outcome(-signal.SIGKILL, stopped=True)
    assert trace.is_gone()
    assert not is_there(process)


def test_a_launcher_can_be_stopped_twice_and_in_several_threads(launcher, run):
    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(launcher.stop) for _ in range(8)]:
            one.result()
    assert run("true").stopped


@pytest.mark.parametrize("number", range(0, 20, 2))
def test_a_launcher_that_is_stopped_as_jobs_are_asked_for_ends_them(run, tmp_path, trace, number):
    with Launcher() as launcher, ThreadPoolExecutor(4) as pool:
        jobs = [
            pool.submit(run, "sh", "-c", "sleep 60; :", trace.word, by=launcher, log=tmp_path / f"{one}")
            for one in range(4)
        ]
        for _ in range(number * 10):
            launcher.is_stopped()
        launcher.stop()
    assert all(job.result().stopped for job in jobs)
    assert trace.is_gone()


def test_without_the_process_that_forks_supervisors_no_job_begins(launcher, run, tmp_path, expect_error):
    launcher._process.kill()
    launcher._process.wait()
    with expect_error("RUN065"):
        run("touch", str(tmp_path / "begun"))
    assert not (tmp_path / "begun").exists()


def test_a_job_of_which_that_process_is_killed_failed_and_leaves_nothing(
    launcher, run, tmp_path, trace, wait_for, expect_error
):
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, sys.executable, "-c", SCRIPT, trace.word)
        wait_for(lambda: (tmp_path / "log").exists() and (tmp_path / "log").read_text())
        launcher._process.kill()
        with expect_error("RUN065"):
            running.result()
    assert trace.is_gone()


def descendants(process):
    found = _children(process) or []
    return [*found, *(deeper for one in found for deeper in descendants(one))]


@pytest.fixture
def killed(tmp_path, trace, wait_for, start_python):
    """Kills an engine in the midst of a job: all that it had started, and what that had."""

    def kill(sandbox_name, *more):
        log = tmp_path / "log"
        engine = start_python(ENGINE, tmp_path, sandbox_name, SCRIPT, trace.word, *more)
        wait_for(lambda: log.exists() and log.read_text() and all(path.exists() and path.read_text() for path in more))
        launched = descendants(engine.pid)
        engine.kill()
        engine.wait()
        assert len(launched) >= 4  # the launcher, a supervisor, the step and what it began
        return launched

    return kill


def test_of_an_engine_that_is_killed_nothing_is_left(killed, sandbox_name, trace, wait_for):
    for process in killed(sandbox_name):
        wait_for(lambda process=process: not is_there(process))
    assert trace.is_gone()


def test_of_an_engine_that_is_killed_nothing_is_left_though_a_fork_of_it_lives(killed, tmp_path, trace, wait_for):
    launched = killed("process", tmp_path / "fork")
    fork = int((tmp_path / "fork").read_text())
    try:
        for process in launched:
            wait_for(lambda process=process: process == fork or not is_there(process))
        assert trace.is_gone()
        assert is_there(fork)
    finally:
        os.kill(fork, signal.SIGKILL)
