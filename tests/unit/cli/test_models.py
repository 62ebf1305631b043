from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from stepsmith.definition.approval import APPROVED, REJECTED
from stepsmith.local.models import ModelRegistry
from stepsmith.local.store import Store

VERSION_1 = (Path(__file__).parent.parent / "local" / "version_1.sql").read_text()


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
    done = stepsmith("models", "list", "pengiuns")
    assert (done.status, done.err.startswith("REG011 no group is named 'pengiuns'")) == (1, True)
    assert "did you mean 'penguins'" in done.err


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(("word", "hint"), [("penguins", "known: approve"), ("aprove", "did you mean 'approve'?")])
def test_a_word_that_is_no_subcommand_is_told_with_what_was_meant(stepsmith, word, hint):
    done = stepsmith("models", word)
    assert (done.status, done.out) == (2, "")
    assert f"to list a group: stepsmith models list {word}" in done.err
    assert hint in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["show", "penguins"],
        ["history", "penguins"],
        ["approve", "penguins", "1", "--reason", "x"],
        ["reject", "penguins", "1", "--reason", "x"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_store_that_is_not_there_is_refused(stepsmith, tmp_path, arguments):
    for given in (["models", *arguments, "--store", "nowhere"], ["models", "--store", "nowhere", *arguments]):
        done = stepsmith(*given)
        assert (done.status, done.err.startswith("REG010 there is no store at nowhere")) == (1, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("store")
def test_as_json_they_have_the_services_shape(stepsmith):
    packages = json.loads(stepsmith("models", "list", "penguins", "--json").out)
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
    assert stepsmith("models", "list", "penguins").out == done.out
    for subcommand in (["show"], ["history"], ["approve", "--reason", "x"], ["reject", "--reason", "x"]):
        asked = stepsmith("models", *subcommand, "penguins", "1")
        assert (asked.status, asked.err.startswith("REG012 nothing is registered")) == (1, True)
    assert list(tmp_path.iterdir()) == []


def facts(text):
    """What `show` printed, by the name of each fact."""
    return dict(re.fullmatch(r"(\S+(?: \S+)*)  +(.*)", line).groups() for line in text.splitlines())


@pytest.fixture
def full(store):
    """A version that says all that a registration can say, with one of its objects on this machine."""
    store.objects.put("s3://bucket/package/model.tar.gz", [b"model"])
    container = {
        "Image": "serve:1",
        "ModelDataUrl": "s3://bucket/package/model.tar.gz",
        "Environment": {"A": "1", "B": "2"},
        "Framework": "XGBOOST",
        "NearestModelName": "resnet",
    }
    request = {
        "ModelPackageGroupName": "full",
        "Domain": "MACHINE_LEARNING",
        "Task": "CLASSIFICATION",
        "SamplePayloadUrl": "s3://elsewhere/payload.tar.gz",
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "http://no"}}},
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["text/csv", "application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
            "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large", "ml.c5.large"],
        },
        "CustomerMetadataProperties": {
            "source": "models/best.tgz",
            "source_sha256": "a" * 64,
            "package_sha256": "b" * 64,
            "team": "birds",
        },
    }
    ModelRegistry(store.database).register(request, "qp1ywboaupk7")
    return store


def test_a_version_is_shown_with_every_fact(stepsmith, full):
    decision = ModelRegistry(full.database).decide("full", 1, APPROVED, "better than version 0")
    shown = facts(stepsmith("models", "show", "full", "1").out)
    created = shown.pop("created")
    assert created.endswith("Z")
    assert shown == {
        "group": "full",
        "version": "1",
        "arn": "arn:aws:sagemaker:local:000000000000:model-package/full/1",
        "status": "Completed",
        "approval": "Approved",
        "reason": "better than version 0",
        "modified": decision.at,
        "run": "qp1ywboaupk7",
        "source": "models/best.tgz",
        "source_sha256": "a" * 64,
        "package_sha256": "b" * 64,
        "package": ".stepsmith/objects/bucket/package/model.tar.gz",
        "payload": "s3://elsewhere/payload.tar.gz (it is not on this machine)",
        "metrics": "http://no (it is not on this machine)",
        "image": "serve:1",
        "environment": "A=1, B=2",
        "content types": "text/csv, application/json",
        "response types": "application/json",
        "instance types": "ml.m5.large, ml.c5.large",
        "framework": "XGBOOST",
        "nearest model": "resnet",
        "domain": "MACHINE_LEARNING",
        "task": "CLASSIFICATION",
        "metadata": "team=birds",
    }


def test_as_json_a_version_has_the_services_shape_and_what_this_machine_knows_besides(stepsmith, full):
    document = json.loads(stepsmith("models", "show", "full", "--json").out)
    assert document == {
        "model_package": ModelRegistry(full.database).package("full").description,
        "run": "qp1ywboaupk7",
        "store": str(full.root),
        "objects": {
            "package": str(full.objects.path("s3://bucket/package/model.tar.gz")),
            "payload": None,
            "metrics": None,
        },
    }


@pytest.mark.usefixtures("store")
def test_without_a_version_the_latest_is_shown(stepsmith):
    assert facts(stepsmith("models", "show", "penguins").out)["version"] == "2"
    assert facts(stepsmith("models", "show", "penguins", "1").out)["version"] == "1"


@pytest.mark.parametrize(("verb", "status"), [("approve", APPROVED), ("reject", REJECTED)])
def test_a_decision_is_one_line_and_kept_with_its_reason(stepsmith, store, verb, status):
    done = stepsmith("models", verb, "penguins", "2", "--reason", "see größe")
    assert (done.status, done.err) == (0, "")
    assert done.out == f"penguins version 2 is {status}, was PendingManualApproval\n"
    kept = ModelRegistry(store.database)
    assert kept.history("penguins", 2)[-1].reason == "see größe"
    assert [package["ModelApprovalStatus"] for package in kept.packages("penguins")] == [
        "PendingManualApproval",
        status,
    ]


@pytest.mark.usefixtures("store")
def test_as_json_a_decision_is_the_one_that_the_history_ends_with(stepsmith):
    decision = json.loads(stepsmith("models", "approve", "penguins", "1", "--reason", "good", "--json").out)
    assert decision | {"at": "", "by": ""} == {
        "group": "penguins",
        "version": 1,
        "at": "",
        "by": "",
        "before": "PendingManualApproval",
        "status": "Approved",
        "reason": "good",
    }
    history = json.loads(stepsmith("models", "history", "penguins", "1", "--json").out)
    assert [one["before"] for one in history] == [None, "PendingManualApproval"]
    assert history[-1] == decision


def test_the_history_is_told_with_when_who_what_and_why(stepsmith, store):
    models = ModelRegistry(store.database)
    models.decide("penguins", 2, APPROVED, "good " * 30, by="jane")
    models.decide("penguins", 1, REJECTED, "no", by="joe")
    told = stepsmith("models", "history", "penguins").out.splitlines()
    assert [line[22:].split(maxsplit=3)[1:] for line in told if line.startswith("20")][2:] == [
        ["2", "jane", "PendingManualApproval -> Approved"],
        ["1", "joe", "PendingManualApproval -> Rejected"],
    ]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  version [12]  ", line) for line in told if line[0] == "2")
    assert [line for line in told if line[0] == " "] == [f"    {'good ' * 30}".rstrip(), "    no"]
    assert [line.split("  ")[-1] for line in told[:2]] == ["registered as PendingManualApproval"] * 2
    assert len(stepsmith("models", "history", "penguins", "1").out.splitlines()) == 3


def test_in_a_terminal_of_80_columns_history_and_facts_are_folded_between_words(tmp_path, store):
    reason = "the licence of the data is not settled " * 5
    ModelRegistry(store.database).decide("penguins", 2, REJECTED, reason)
    for asked in (("history", "penguins"), ("show", "penguins")):
        shown = in_a_terminal(tmp_path, "models", *asked)
        assert max(len(line) for line in shown.splitlines()) <= 80
        assert " ".join(shown.split()).count(reason.strip()) == 1


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("verb", ["approve", "reject"])
@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["penguins", "1"], 2, "Missing option '--reason'"),
        (["penguins", "--reason", "x"], 2, "Missing argument 'VERSION'"),
        (["penguins", "v1", "--reason", "x"], 2, "'v1' is no version; a version is a whole number from 1 up"),
        (["penguins", "0", "--reason", "x"], 2, "'0' is no version"),
        (["penguins", "9" * 30, "--reason", "x"], 2, "is no version"),
        (["penguins", "3", "--reason", "x"], 1, "REG013 penguins has no version 3\n  fix: it has 2 versions, 1 to 2"),
        (["pengiuns", "1", "--reason", "x"], 1, "did you mean 'penguins'"),
        (["penguins", "1", "--reason", "  "], 1, "REG014 a decision needs a reason"),
        (["penguins", "1", "--reason", "a\nb"], 1, "REG015 the reason is not one line"),
        (["penguins", "1", "--reason", "x" * 1025], 1, "REG016 the reason has 1025 characters"),
    ],
)
def test_a_decision_that_cannot_be_made_is_refused_and_nothing_is_kept(stepsmith, store, verb, arguments, status, told):
    done = stepsmith("models", verb, *arguments)
    assert (done.status, done.out) == (status, "")
    assert told in done.err
    assert len(ModelRegistry(store.database).history("penguins")) == 2


@pytest.mark.parametrize("subcommand", ["list", "show", "approve", "reject", "history"])
def test_every_subcommand_has_help_with_an_example(stepsmith, subcommand):
    done = stepsmith("models", subcommand, "--help")
    assert f"Example: stepsmith models {subcommand}" in done.out


def test_deciding_loads_nothing_that_prints_tables(store):
    code = (
        "import sys; from stepsmith.cli.main import _status\n"
        f"_status(['models', 'approve', 'penguins', '1', '--reason', 'x', '--store', {str(store.root)!r}])\n"
        "print([name for name in ('rich', 'yaml', 'boto3') if name in sys.modules])"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_store_of_before_decisions_were_kept_goes_on_working(stepsmith, tmp_path):
    place = Store(tmp_path / ".stepsmith")
    place.root.mkdir()
    with closing(sqlite3.connect(place.database)) as connection:
        connection.executescript(VERSION_1)
    before = place.database.read_bytes()
    assert len(stepsmith("models").out.splitlines()) == 4
    assert facts(stepsmith("models", "show", "penguins").out)["run"] == "7p8hyghbqzg4"
    registered = "2026-11-24T23:01:34Z  version 1  unknown  registered as PendingManualApproval\n"
    assert stepsmith("models", "history", "penguins", "1").out == registered
    assert place.database.read_bytes() == before
    assert stepsmith("models", "approve", "penguins", "1", "--reason", "good").status == 0
    told = stepsmith("models", "history", "penguins", "1").out
    assert told.startswith(registered)
    assert told.endswith("PendingManualApproval -> Approved\n    good\n")
