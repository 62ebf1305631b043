"""A store that an earlier version wrote is read, added to and decided on by this one.

Each archive in tests/stores is named for the commit that wrote it. It holds `stepsmith new pipeline demo`, two runs, an
approval, a rejection, and a run that failed. Add one before a change of the store's form; never change one.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

STORES = sorted((Path(__file__).parents[1] / "stores").glob("*.tar.xz"))
PACKAGE = "6f88c444347373fa5e8956f4da4b38e8b5dd91f9603620c5885084907bf05ad0"
FIRST, SECOND, FAILED = "jww020z6ikgu", "aytvhquvpet5", "w9gox789y8us"


@pytest.fixture(params=STORES, ids=[path.name.partition(".")[0] for path in STORES])
def project(request, tmp_path):
    """The folder of a pipeline with the store that an earlier version left in it."""
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


@pytest.fixture
def ask(stepsmith, project):
    """What a command prints as JSON in that folder."""

    def call(*arguments):
        done = stepsmith(*arguments, "--json", cwd=project)
        assert (done.status, done.codes) == (0, []), done.err
        return json.loads(done.out)

    return call


def test_its_runs_are_listed_the_latest_first(ask):
    assert [(run["id"], run["pipeline"], run["status"]) for run in ask("runs")] == [
        (FAILED, "failing", "Failed"),
        (SECOND, "demo", "Succeeded"),
        (FIRST, "demo", "Succeeded"),
    ]


def test_a_run_is_shown_with_its_steps_and_their_logs(ask):
    run = ask("runs", "show", FIRST)
    assert run["started"] == "2026-12-01T04:11:32.202Z"
    assert [(step["name"], step["status"], step["bytes_in"], step["bytes_out"]) for step in run["steps"]] == [
        ("model", "Succeeded", 2071, 2071),
        ("package", "Succeeded", 2856, 3862),
        ("register", "Succeeded", None, None),
    ]
    assert all(Path(step["log"]).is_file() for step in run["steps"])
    failed = ask("runs", "show", FAILED)
    assert [(step["name"], step["status"]) for step in failed["steps"]] == [("model", "Failed"), ("package", "NotRun")]
    assert failed["steps"][0]["reason"].startswith("ARC001 ")


def test_its_model_versions_are_listed_with_their_approval_and_verified(ask):
    versions = [(one["ModelPackageVersion"], one["ModelApprovalStatus"]) for one in ask("models", "list", "demo")]
    assert versions == [(1, "Approved"), (2, "Rejected")]
    for version in ("1", "2"):
        assert ask("models", "verify", "demo", version)["found"] == PACKAGE
        shown = ask("models", "show", "demo", version)
        assert hashlib.sha256(Path(shown["objects"]["package"]).read_bytes()).hexdigest() == PACKAGE


def test_its_decisions_are_kept(ask):
    assert [
        (one["version"], one["before"], one["status"], one["reason"]) for one in ask("models", "history", "demo")
    ] == [
        (1, None, "PendingManualApproval", None),
        (2, None, "PendingManualApproval", None),
        (1, "PendingManualApproval", "Approved", "reviewed: ticket 4711"),
        (2, "PendingManualApproval", "Rejected", "superseded"),
    ]


def test_it_is_added_to_and_decided_on(ask):
    assert ask("run", "pipeline.yaml", "--sandbox", "process")["model_packages"][0]["ModelPackageVersion"] == 3
    ask("models", "approve", "demo", "3", "--reason", "as good as the first")
    assert ask("models", "history", "demo")[-1]["reason"] == "as good as the first"
    assert len(ask("runs")) == 4
