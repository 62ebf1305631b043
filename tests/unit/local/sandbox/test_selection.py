import os

import pytest

from stepsmith.local.sandbox.plain_process import PlainProcess
from stepsmith.local.sandbox.selection import AUTO, BWRAP, PROCESS, SANDBOXES, select_sandbox


@pytest.fixture
def bwrap_that(tmp_path, monkeypatch):
    """Makes a program `bwrap` that does what a script says the only one of that name."""

    def make(script):
        (tmp_path / "bwrap").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bwrap").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return make


def test_a_kind_is_had_by_its_name(kind, sandbox_name):
    assert select_sandbox(sandbox_name).name == kind.name == sandbox_name


def test_namespaces_are_used_where_this_machine_lets_them_work(namespaces):
    assert select_sandbox() == select_sandbox(AUTO) == select_sandbox(BWRAP) == namespaces
    assert namespaces.warning == ""


@pytest.fixture
def expect_plain_processes(snapshot, expect_error):
    """Expects that steps run as plain processes, and that it is said why, and why bwrap cannot be had by its name."""

    def expect():
        kind = select_sandbox()
        assert kind == PlainProcess(kind.why)
        snapshot(kind.why)
        with expect_error("RUN064"):
            select_sandbox(BWRAP)

    return expect


def test_without_bwrap_steps_run_as_plain_processes_and_it_is_said_why(tmp_path, monkeypatch, expect_plain_processes):
    monkeypatch.setenv("PATH", str(tmp_path))
    expect_plain_processes()


@pytest.mark.parametrize(
    "script",
    ["echo 'bwrap: No permissions to create new namespace' >&2; exit 1", "exit 7"],
    ids=["it says why", "it says nothing"],
)
def test_where_bwrap_does_not_work_what_it_says_is_why(bwrap_that, expect_plain_processes, script):
    bwrap_that(script)
    expect_plain_processes()


def test_a_bwrap_that_cannot_be_started_does_not_work(tmp_path, monkeypatch, expect_plain_processes):
    (tmp_path / "bwrap").write_bytes(b"\x7fELF")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    expect_plain_processes()


def test_plain_processes_that_are_asked_for_need_no_reason(monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)
    assert select_sandbox(PROCESS) == PlainProcess()


@pytest.mark.parametrize("name", ["bwarp", "docker"])
def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are(expect_error, name):
    with expect_error("RUN064"):
        select_sandbox(name)


def test_the_kinds_are_named_with_the_one_that_chooses_first():
    assert SANDBOXES == ("auto", "bwrap", "process")
