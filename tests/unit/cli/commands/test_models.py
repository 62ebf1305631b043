from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from stepsmith.local.model_registry import ModelRegistry
from stepsmith.local.store import Store
from stepsmith.model_registry.approval import APPROVED, REJECTED

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
VERSION_1 = (Path(__file__).parents[2] / "local" / "version_1.sql").read_text()


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
def test_in_a_terminal_of_80_columns_it_is_folded_in_the_group_alone(in_terminal):
    status, screen = in_terminal("models")
    assert (status, screen.wrapped) == (0, 0)
    assert [line.split() for line in screen.lines if line.startswith("penguins")] == ROWS
    assert "".join(line.split()[0] for line in screen.lines[1:] if line.startswith(("a-group", "t-"))).startswith(
        "a-group-of-a"
    )


@pytest.mark.usefixtures("store")
def test_a_group_that_is_not_there_is_refused_with_the_nearest(stepsmith, findings, snapshot):
    done = stepsmith("models", "list", "pengiuns", "--json")
    assert (done.status, findings(done)) == (1, [("REG011", "", "")])
    snapshot(done.err)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("word", ["penguins", "aprove"])
def test_a_word_that_is_no_subcommand_is_told_with_what_was_meant(stepsmith, word, snapshot):
    done = stepsmith("models", word)
    assert (done.status, done.out) == (2, "")
    snapshot(done.err)


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
def test_a_store_that_is_not_there_is_refused(stepsmith, tmp_path, arguments, snapshot):
    for given in (["models", *arguments, "--store", "nowhere"], ["models", "--store", "nowhere", *arguments]):
        done = stepsmith(*given)
        assert (done.status, done.out, done.codes) == (1, "", ["REG010"])
    snapshot(done.err)
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


def test_no_registry_is_told_and_none_is_made(stepsmith, tmp_path, snapshot):
    done = stepsmith("models")
    assert (done.status, done.err) == (0, "")
    snapshot(done.out)
    assert list(tmp_path.iterdir()) == []
    assert stepsmith("models", "--json").out.strip() == "[]"
    assert stepsmith("models", "list", "penguins").out == done.out
    for subcommand in (["show"], ["history"], ["approve", "--reason", "x"], ["reject", "--reason", "x"]):
        asked = stepsmith("models", *subcommand, "penguins", "1")
        assert (asked.status, asked.out, asked.codes) == (1, "", ["REG012"])
    snapshot(asked.err)
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


def test_a_version_is_shown_with_every_fact(stepsmith, full, snapshot):
    decision = ModelRegistry(full.database).decide("full", 1, APPROVED, "better than version 0")
    shown = stepsmith("models", "show", "full", "1").out
    assert facts(shown)["modified"] == decision.at
    snapshot(re.sub(r"\b20\S+Z\b", "TIME", shown))


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
def test_a_decision_is_one_line_and_kept_with_its_reason(stepsmith, store, verb, status, snapshot):
    done = stepsmith("models", verb, "penguins", "2", "--reason", "see größe")
    assert (done.status, done.err) == (0, "")
    snapshot(done.out)
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


def test_the_history_is_told_with_when_who_what_and_why(stepsmith, store, snapshot):
    models = ModelRegistry(store.database)
    models.decide("penguins", 2, APPROVED, "good " * 30, by="jane")
    models.decide("penguins", 1, REJECTED, "no", by="joe")
    told = stepsmith("models", "history", "penguins").out
    assert len(stepsmith("models", "history", "penguins", "1").out.splitlines()) == 3
    decisions = json.loads(stepsmith("models", "history", "penguins", "--json").out)
    assert [(one["version"], one["by"], one["before"], one["status"], one["reason"]) for one in decisions[2:]] == [
        (2, "jane", "PendingManualApproval", "Approved", ("good " * 30).rstrip()),
        (1, "joe", "PendingManualApproval", "Rejected", "no"),
    ]
    snapshot(re.sub(TIME, "TIME", told).replace(f"  {decisions[0]['by']}  ", "  WHO  "))


def test_in_a_terminal_of_80_columns_history_and_facts_are_folded_between_words(in_terminal, store):
    reason = "the licence of the data is not settled " * 5
    ModelRegistry(store.database).decide("penguins", 2, REJECTED, reason)
    for asked in (("history", "penguins"), ("show", "penguins")):
        status, screen = in_terminal("models", *asked)
        assert (status, screen.wrapped) == (0, 0)
        assert " ".join(screen.text.split()).count(reason.strip()) == 1


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("verb", ["approve", "reject"])
@pytest.mark.parametrize(
    ("arguments", "status", "codes"),
    [
        pytest.param(["penguins", "1"], 2, [], id="no reason given"),
        pytest.param(["penguins", "--reason", "x"], 2, [], id="no version"),
        pytest.param(["penguins", "v1", "--reason", "x"], 2, [], id="v1"),
        pytest.param(["penguins", "0", "--reason", "x"], 2, [], id="version 0"),
        pytest.param(["penguins", "9" * 30, "--reason", "x"], 2, [], id="a long version"),
        pytest.param(["penguins", "3", "--reason", "x"], 1, ["REG013"], id="another version"),
        pytest.param(["pengiuns", "1", "--reason", "x"], 1, ["REG011"], id="another group"),
        pytest.param(["penguins", "1", "--reason", "  "], 1, ["REG014"], id="an empty reason"),
        pytest.param(["penguins", "1", "--reason", "a\nb"], 1, ["REG015"], id="two lines"),
        pytest.param(["penguins", "1", "--reason", "x" * 1025], 1, ["REG016"], id="a long reason"),
    ],
)
def test_a_decision_that_cannot_be_made_is_refused_and_nothing_is_kept(
    stepsmith, store, verb, arguments, status, codes, snapshot
):
    done = stepsmith("models", verb, *arguments)
    assert (done.status, done.out, done.codes) == (status, "", codes)
    snapshot(done.err)
    assert len(ModelRegistry(store.database).history("penguins")) == 2


@pytest.mark.parametrize("subcommand", ["list", "show", "approve", "reject", "history"])
def test_every_subcommand_has_help_with_an_example(stepsmith, subcommand, snapshot):
    done = stepsmith("models", subcommand, "--help")
    assert done.out.count(f"stepsmith models {subcommand}") > 1  # in its usage, and in an example
    snapshot(done.out)


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


def test_a_store_of_before_decisions_were_kept_goes_on_working(stepsmith, tmp_path, snapshot):
    place = Store(tmp_path / ".stepsmith")
    place.root.mkdir()
    with closing(sqlite3.connect(place.database)) as connection:
        connection.executescript(VERSION_1)
    before = place.database.read_bytes()
    assert len(stepsmith("models").out.splitlines()) == 4
    assert facts(stepsmith("models", "show", "penguins").out)["run"] == "7p8hyghbqzg4"
    registered = stepsmith("models", "history", "penguins", "1").out
    snapshot(registered)
    assert place.database.read_bytes() == before
    assert stepsmith("models", "approve", "penguins", "1", "--reason", "good").status == 0
    told = stepsmith("models", "history", "penguins", "1").out
    assert told.startswith(registered)
    (_, approved) = json.loads(stepsmith("models", "history", "penguins", "1", "--json").out)
    assert (approved["before"], approved["status"], approved["reason"]) == ("PendingManualApproval", "Approved", "good")
