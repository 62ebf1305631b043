import os
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from stepsmith.local.run_owner import RunOwner, _started, locked

NO_LOCK = Path("/nowhere/lock")


@contextmanager
def sleeping(program="sleep"):
    """A process that sleeps, and the owner that it would be."""
    with subprocess.Popen([program, "60"]) as process:
        yield process, replace(RunOwner.current(), pid=process.pid, started=_started(process.pid))
        process.kill()


def test_this_process_is_alive():
    owner = RunOwner.current()
    assert owner.pid == os.getpid()
    assert owner.started
    assert owner.is_alive(NO_LOCK)


def test_this_process_is_the_same_owner_whenever_it_is_asked():
    assert RunOwner.current() == RunOwner.current()


def test_an_owner_is_read_from_what_it_was_written_as():
    owner = RunOwner.current()
    assert RunOwner.read(str(owner)) == owner


@pytest.mark.parametrize("nothing", [None, ""])
def test_where_no_owner_was_noted_there_is_none(nothing):
    assert RunOwner.read(nothing) is None


def test_another_process_is_alive_until_it_has_ended():
    with sleeping() as (process, owner):
        assert owner.is_alive(NO_LOCK)
        process.kill()
        process.wait()
        assert not owner.is_alive(NO_LOCK)


def test_of_a_process_of_which_only_the_exit_status_is_left_nothing_is_alive():
    with sleeping() as (process, owner):
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has taken note of it
        assert not owner.is_alive(NO_LOCK)


def test_a_later_process_of_the_same_number_is_another():
    assert not replace(RunOwner.current(), started="1").is_alive(NO_LOCK)


def test_a_process_of_which_nothing_is_known_but_its_number_is_not_alive():
    assert not replace(RunOwner.current(), started="").is_alive(NO_LOCK)


def test_a_process_of_which_nothing_is_known_is_not_alive_when_it_is_not_there():
    with sleeping() as (_, owner):
        pass
    assert not replace(owner, started="").is_alive(NO_LOCK)


def test_processes_are_told_apart_by_when_they_started():
    with sleeping() as (_, owner):
        assert owner.started != RunOwner.current().started  # which is running these tests for a while


def test_no_process_outlives_the_machine():
    assert not replace(RunOwner.current(), boot="before").is_alive(NO_LOCK)


@pytest.mark.parametrize("elsewhere", [{"namespace": "pid:[1]"}, {"boot": "of another machine"}])
def test_a_process_that_cannot_be_seen_is_alive_as_long_as_it_has_its_lock(tmp_path, elsewhere, locked_by_another):
    owner = replace(RunOwner.current(), **elsewhere)
    lock = tmp_path / "lock"
    with locked_by_another(lock):
        assert owner.is_alive(lock)
    assert lock.exists()
    assert not owner.is_alive(lock)


def test_a_lock_is_gone_with_its_block(tmp_path):
    lock = tmp_path / "lock"
    with locked(lock):
        assert lock.exists()
    assert not lock.exists()


@pytest.mark.parametrize("name", ["a b", ") Z 1 (", "((", "größe", "\n"])
def test_a_process_may_be_called_anything(tmp_path, name):
    program = tmp_path / name
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.unlink()
    program.symlink_to(subprocess.run(["which", "sleep"], capture_output=True, text=True, check=True).stdout.strip())
    with sleeping(program) as (_, owner):
        assert owner.started.isdigit()
        assert owner.is_alive(NO_LOCK)
