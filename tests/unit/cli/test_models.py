from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys

import pytest

from stepsmith.local.models import ModelRegistry
from stepsmith.local.store import Store


@pytest.fixture
def store(tmp_path):
    place = Store(tmp_path / ".stepsmith")
    properties = {"source_sha256": "a" * 64, "package_sha256": "b" * 64}
    for group in ("penguins", "a-group-of-a-long-name-that-does-not-fit", "penguins"):
        ModelRegistry(place.database).register(
            {"ModelPackageGroupName": group, "CustomerMetadataProperties": properties}
        )
    return place


ROWS = [f"penguins  {version}  PendingManualApproval  {'a' * 12}  {'b' * 12}".split() for version in (1, 2)]


@pytest.mark.usefixtures("store")
def test_versions_are_listed_with_their_digests(stepsmith):
    shown = stepsmith("models").out.splitlines()
    assert [line.split() for line in shown if line.startswith("penguins")] == ROWS


@pytest.mark.usefixtures("store")
def test_what_a_program_reads_is_never_folded(stepsmith):
    assert "a-group-of-a-long-name-that-does-not-fit" in stepsmith("models").out


@pytest.mark.usefixtures("store")
def test_in_a_terminal_of_80_columns_it_is_folded_in_the_group_alone(tmp_path):
    shown = in_a_terminal(tmp_path, "models").splitlines()
    assert max(len(line) for line in shown) <= 80
    assert [line.split() for line in shown if line.startswith("penguins")] == ROWS
    assert "".join(line.split()[0] for line in shown[1:] if line.startswith(("a-group", "t-"))).startswith(
        "a-group-of-a"
    )


def in_a_terminal(folder, *arguments):
    """What a command shows in a terminal of 80 columns, without its colours."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "dumb"}
    command = [sys.executable, "-m", "stepsmith", *arguments]
    subprocess.run(command, cwd=folder, env=environment, stdout=theirs, stderr=theirs, check=True, timeout=60)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # what reading a closed terminal raises on Linux
        while part := os.read(ours, 65536):
            shown += part
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;]*m", "", shown.decode())


@pytest.mark.usefixtures("store")
def test_a_group_that_is_not_there_is_refused_with_the_nearest(stepsmith):
    done = stepsmith("models", "pengiuns")
    assert (done.status, "did you mean 'penguins'" in done.err) == (1, True)


def test_a_store_that_is_not_there_is_refused(stepsmith, tmp_path):
    done = stepsmith("models", "--store", tmp_path / "nowhere")
    assert (done.status, "there is no store at" in done.err) == (1, True)


@pytest.mark.usefixtures("store")
def test_as_json_they_have_the_services_shape(stepsmith):
    packages = json.loads(stepsmith("models", "penguins", "--json").out)
    assert [package["ModelPackageVersion"] for package in packages] == [1, 2]
    assert packages[0]["ModelPackageArn"].endswith(":model-package/penguins/1")


def test_the_store_is_found_from_a_folder_below(stepsmith, store, tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    assert "penguins" in stepsmith("models", cwd=tmp_path / "deep" / "er").out
    assert "penguins" in stepsmith("models", "--store", store.root, cwd="/").out


def test_no_registry_is_told_and_none_is_made(stepsmith, tmp_path):
    done = stepsmith("models")
    assert done.status == 0
    assert done.out.startswith("nothing has run here")
    assert list(tmp_path.iterdir()) == []
    assert stepsmith("models", "--json").out.strip() == "[]"
