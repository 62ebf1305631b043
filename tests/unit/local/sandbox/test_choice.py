import os

import pytest

from stepsmith.errors import RunError
from stepsmith.local.sandbox.choice import AUTO, BWRAP, PROCESS, SANDBOXES, sandbox_kind
from stepsmith.local.sandbox.process import PlainProcess


@pytest.fixture
def bwrap_that(tmp_path, monkeypatch):
    """Makes a program `bwrap` that does what a script says the only one of that name."""

    def make(script):
        (tmp_path / "bwrap").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bwrap").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return make


def test_a_kind_is_had_by_its_name(kind, sandbox_name):
    assert sandbox_kind(sandbox_name).name == kind.name == sandbox_name


def test_namespaces_are_used_where_this_machine_lets_them_work(namespaces):
    assert sandbox_kind() == sandbox_kind(AUTO) == sandbox_kind(BWRAP) == namespaces
    assert namespaces.warning == ""


def test_without_bwrap_steps_run_as_plain_processes_and_it_is_said_why(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sandbox_kind() == PlainProcess("bwrap is not installed")
    with pytest.raises(RunError) as caught:
        sandbox_kind(BWRAP)
    (finding,) = caught.value.findings
    assert (finding.code, finding.what) == (
        "RUN064",
        "the sandbox 'bwrap' does not work on this machine: bwrap is not installed",
    )
    assert "install bubblewrap" in finding.fix


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "echo 'bwrap: No permissions to create new namespace' >&2; exit 1",
            "bwrap: No permissions to create new namespace",
        ),
        ("exit 7", "it ended with 7"),
    ],
)
def test_where_bwrap_does_not_work_what_it_says_is_why(bwrap_that, script, why):
    bwrap_that(script)
    assert sandbox_kind() == PlainProcess(f"bwrap does not work here: {why}")
    with pytest.raises(RunError, match=f"RUN064.*{why}"):
        sandbox_kind(BWRAP)


def test_a_bwrap_that_cannot_be_started_does_not_work(tmp_path, monkeypatch):
    (tmp_path / "bwrap").write_bytes(b"\x7fELF")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    kind = sandbox_kind()
    assert isinstance(kind, PlainProcess)
    assert kind.why.startswith("bwrap does not work here: ")


def test_plain_processes_that_are_asked_for_need_no_reason(monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)
    assert sandbox_kind(PROCESS) == PlainProcess()


@pytest.mark.parametrize(
    ("name", "hint"), [("bwarp", "did you mean 'bwrap'?"), ("docker", "known: auto, bwrap, process")]
)
def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are(name, hint):
    with pytest.raises(RunError) as caught:
        sandbox_kind(name)
    (finding,) = caught.value.findings
    assert (finding.code, finding.fix) == ("RUN064", hint)


def test_the_kinds_are_named_with_the_one_that_chooses_first():
    assert SANDBOXES == ("auto", "bwrap", "process")
