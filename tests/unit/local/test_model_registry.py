import getpass
import hashlib
import json
import os
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from stepsmith.diagnostics import ModelRegistryError
from stepsmith.local.model_registry import ModelRegistry
from stepsmith.local.store import Store
from stepsmith.model_registry.approval import APPROVED, PENDING, REJECTED
from stepsmith.sagemaker.limits import APPROVAL_DESCRIPTION_CHARACTERS

VERSION_1 = (Path(__file__).parent / "version_1.sql").read_text()


@pytest.fixture
def models(tmp_path):
    return ModelRegistry(tmp_path / "stepsmith.db")


def request(group="group", **members):
    return {"ModelPackageGroupName": group, **members}


def versions(models, group=None):
    return [(one["ModelPackageGroupName"], one["ModelPackageVersion"]) for one in models.packages(group)]


def test_the_versions_of_a_group_count_up_from_one_whatever_the_other_groups_do(models):
    given = [models.register(request(group))["ModelPackageVersion"] for group in ("a", "b", "a", "a", "b")]
    assert given == [1, 1, 2, 3, 2]


def test_versions_are_listed_by_group_and_version(models, expect_error):
    for group in ("b", "a", *["c"] * 11):
        models.register(request(group))
    assert versions(models) == [("a", 1), ("b", 1), *(("c", version) for version in range(1, 12))]
    assert versions(models, "b") == [("b", 1)]
    with expect_error("REG011", kind=ModelRegistryError):
        versions(models, "nobody")


def test_a_registry_without_a_database_is_empty_and_makes_none(models):
    assert models.packages() == []
    assert not models.database.exists()


def test_a_version_is_described_by_what_was_asked_and_what_the_registry_adds(models):
    asked = request(
        ModelApprovalStatus="Approved",
        InferenceSpecification={"Containers": [{"Image": "i", "ModelDataUrl": "s3://b/größe"}]},
        CustomerMetadataProperties={"source_sha256": "abc"},
        Domain="MACHINE_LEARNING",
    )
    described = models.register(asked)
    assert {name: described[name] for name in asked} == asked
    assert described["ModelPackageArn"] == "arn:aws:sagemaker:local:000000000000:model-package/group/1"
    assert described["ModelPackageStatus"] == "Completed"
    assert models.packages() == [described]


def test_a_version_waits_for_approval_unless_the_request_says_otherwise(models):
    assert models.register(request())["ModelApprovalStatus"] == "PendingManualApproval"


def test_what_was_asked_is_not_changed(models):
    asked = request(CustomerMetadataProperties={"a": "b"})
    models.register(asked)
    assert asked == request(CustomerMetadataProperties={"a": "b"})


def test_the_versions_of_a_store_are_there_in_another_process(models, run_python):
    models.register(request())
    code = "import json, sys; from pathlib import Path; from stepsmith.local import ModelRegistry;"
    code += "print(json.dumps(ModelRegistry(Path(sys.argv[1])).packages()))"
    assert json.loads(run_python(code, models.database)) == models.packages()


@pytest.mark.parametrize(
    "asked",
    [{}, {"ModelPackageName": "a"}, request(""), request(None), request(3), request(["a"])],
    ids=["nothing", "another name", "an empty name", "null", "a number", "a list"],
)
def test_a_request_that_names_no_group_is_refused_and_keeps_nothing(models, expect_error, asked):
    with expect_error("REG001"):
        models.register(asked)
    assert models.packages() == []


def test_threads_that_register_at_once_get_a_version_each(models):
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: models.register(request())["ModelPackageVersion"], range(24)))
    assert sorted(given) == list(range(1, 25))
    assert versions(models) == [("group", version) for version in range(1, 25)]


def test_processes_that_register_at_once_get_a_version_each(models, start_python):
    code = (
        "import sys; from pathlib import Path; from stepsmith.local import ModelRegistry\n"
        "for _ in range(10):\n"
        "    asked = {'ModelPackageGroupName': 'group'}\n"
        "    print(ModelRegistry(Path(sys.argv[1])).register(asked)['ModelPackageVersion'])"
    )
    running = [start_python(code, models.database) for _ in range(2)]
    given = [int(line) for one in running for line in one.stdout]
    assert sorted(given) == list(range(1, 21))
    assert versions(models) == [("group", version) for version in range(1, 21)]


def test_reading_the_registry_leaves_its_file_as_it_is(tmp_path):
    database = tmp_path / "stepsmith.db"
    models = ModelRegistry(database)
    models.register({"ModelPackageGroupName": "group"})
    before = database.read_bytes()
    assert len(models.packages()) == 1
    assert database.read_bytes() == before


@pytest.fixture
def earlier(tmp_path):
    """A registry that Stepsmith made before decisions were kept."""
    database = tmp_path / "stepsmith.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(VERSION_1)
    return ModelRegistry(database)


def statuses(decisions):
    return [(one.version, one.before, one.status, one.reason) for one in decisions]


def test_a_version_is_shown_with_the_run_that_registered_it(models):
    first = models.register(request(), "run1")
    second = models.register(request())
    assert (models.package("group", 1).description, models.package("group", 1).run) == (first, "run1")
    assert (models.package("group").description, models.package("group").run) == (second, None)


def test_a_decision_changes_what_UpdateModelPackage_would_and_nothing_else(models):  # noqa: N802 - the service's name
    before = models.register(request(Domain="d", CustomerMetadataProperties={"a": "b"}))
    other = models.register(request())
    decision = models.decide("group", 1, APPROVED, "  größer als v0 ")
    after = models.package("group", 1).description
    changed = {"ModelApprovalStatus", "ApprovalDescription", "LastModifiedTime"}
    assert {name: value for name, value in after.items() if name not in changed} == {
        name: value for name, value in before.items() if name not in changed
    }
    assert {name: after[name] for name in changed} == {
        "ModelApprovalStatus": "Approved",
        "ApprovalDescription": "größer als v0",
        "LastModifiedTime": decision.at,
    }
    assert models.package("group", 2).description == other


def test_the_history_has_every_decision_with_what_it_was_and_became_the_oldest_first(models):
    models.register(request())
    models.register(request("other"))
    models.register(request(ModelApprovalStatus=APPROVED))
    models.decide("group", 1, APPROVED, "good")
    models.decide("group", 2, REJECTED, "bad licence")
    models.decide("group", 1, APPROVED, "still good")
    assert statuses(models.history("group")) == [
        (1, None, PENDING, None),
        (2, None, APPROVED, None),
        (1, PENDING, APPROVED, "good"),
        (2, APPROVED, REJECTED, "bad licence"),
        (1, APPROVED, APPROVED, "still good"),
    ]
    assert [one.version for one in models.history("group", 1)] == [1, 1, 1]
    assert statuses(models.history("other")) == [(1, None, PENDING, None)]


def test_a_decision_says_who_and_when(models):
    created = models.register(request())["CreationTime"]
    decisions = [
        models.decide("group", 1, APPROVED, "good"),
        models.decide("group", 1, REJECTED, "no", by="jane"),
    ]
    registered, *kept = models.history("group")
    assert kept == decisions
    assert (registered.at, registered.by) == (created, getpass.getuser())
    assert [one.by for one in kept] == [getpass.getuser(), "jane"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one.at) for one in kept)


@pytest.fixture
def decided_by(models, run_python):
    """Who decided about a version, where a process of this environment did."""

    def decide(before="", **environment):
        models.register(request())
        code = (
            f"import os, sys; from pathlib import Path\n"
            f"from stepsmith.local.model_registry import ModelRegistry; {before}\n"
            "print(ModelRegistry(Path(sys.argv[1])).decide('group', 1, 'Approved', 'good').by)"
        )
        names = ("LOGNAME", "USER", "LNAME", "USERNAME")
        clean = {name: value for name, value in os.environ.items() if name not in names}
        return run_python(code, models.database, environment={**clean, **environment}).strip()

    return decide


@pytest.mark.parametrize(("name", "user"), [("jane", "jane"), (b"j\xffne", "j?ne")], ids=["text", "not text"])
def test_who_decides_is_the_user_of_the_process_whatever_their_name(decided_by, name, user):
    assert decided_by(LOGNAME=name) == user


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a process as a user whom this machine does not know")
def test_a_user_without_a_name_is_told_by_their_number(decided_by):
    assert decided_by("os.setresuid(54321, 0, 0)") == "uid 54321"


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        pytest.param("", "REG014", id="empty"),
        pytest.param(" \n\t ", "REG014", id="white space"),
        pytest.param("one\ntwo", "REG015", id="two lines"),
        pytest.param("one\u2028two", "REG015", id="a line separator"),
        pytest.param("\x1b[31m", "REG015", id="an escape"),
        pytest.param("no text \udcff", "REG015", id="a lone surrogate"),
        pytest.param("x" * (APPROVAL_DESCRIPTION_CHARACTERS + 1), "REG016", id="too long"),
        # The service may count the units of UTF-16.
        pytest.param("🐧" * (APPROVAL_DESCRIPTION_CHARACTERS // 2) + "x", "REG016", id="too long in UTF-16"),
    ],
)
def test_a_reason_that_the_service_would_refuse_is_refused_and_nothing_is_decided(models, expect_error, reason, code):
    described = models.register(request())
    with expect_error(code):
        models.decide("group", 1, APPROVED, reason)
    assert models.packages() == [described]
    assert len(models.history("group")) == 1


@pytest.mark.parametrize(
    "reason",
    ["x" * APPROVAL_DESCRIPTION_CHARACTERS, "🐧" * (APPROVAL_DESCRIPTION_CHARACTERS // 2), "größe", "a\u00a0b"],
    ids=["longest", "longest in UTF-16", "an umlaut", "a no-break space"],
)
def test_a_reason_that_the_service_takes_is_taken_as_it_is(models, reason):
    models.register(request())
    assert models.decide("group", 1, APPROVED, reason).reason == reason
    assert models.package("group", 1).description["ApprovalDescription"] == reason


def test_a_status_that_is_none_is_refused_with_the_nearest(models, expect_error):
    models.register(request())
    with expect_error("REG003"):
        models.decide("group", 1, "approve", "good")


ASKED = {
    "package": lambda models, *which: models.package(*which),
    "history": lambda models, *which: models.history(*which),
    "decide": lambda models, *which: models.decide(*which, APPROVED, "good"),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_a_group_or_a_version_that_is_not_there_is_refused_with_those_that_are(models, expect_error, ask):
    for _ in range(3):
        models.register(request("penguins"))
    models.register(request("gulls"))
    for group, version, code in (
        ("pengiuns", 1, "REG011"),
        ("penguins", 4, "REG013"),
        ("gulls", 2, "REG013"),
        ("gulls", 10**30, "REG013"),
    ):
        with expect_error(code):
            ask(models, group, version)


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_a_registry_without_versions_says_so_and_makes_no_database(models, expect_error, ask):
    with expect_error("REG012"):
        ask(models, "group", 1)
    assert not models.database.exists()
    models.database.touch()
    with expect_error("REG012"):
        ask(models, "group", 1)


def test_decisions_at_once_are_all_kept_and_each_knows_what_was_before(models):
    models.register(request())
    given = [APPROVED, REJECTED] * 12
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda status: models.decide("group", 1, status, "why"), given))
    history = models.history("group")
    assert len(history) == 1 + len(given)
    assert [one.before for one in history[1:]] == [one.status for one in history[:-1]]
    assert models.package("group").description["ModelApprovalStatus"] == history[-1].status


def test_a_registry_of_before_decisions_were_kept_is_read_and_decided_on(earlier):
    assert len(earlier.packages()) == 3
    assert earlier.package("penguins").run == "7p8hyghbqzg4"
    assert statuses(earlier.history("penguins")) == [(1, None, PENDING, None), (2, None, APPROVED, None)]
    assert [one.by for one in earlier.history("penguins")] == [None, None]
    earlier.decide("penguins", 1, REJECTED, "superseded")
    assert statuses(earlier.history("penguins", 1)) == [(1, None, PENDING, None), (1, PENDING, REJECTED, "superseded")]
    assert earlier.register(request("penguins"))["ModelPackageVersion"] == 3
    assert statuses(earlier.history("penguins"))[-1] == (3, None, PENDING, None)


@pytest.fixture
def read_where_nothing_can_be_written(run_python):
    """What a program prints of the store in a folder that it cannot write."""

    def read(folder, program):
        for place in (folder, *folder.parents):
            if place.name.startswith(("test_", "popen-", "pytest-")):
                place.chmod(0o755)
        folder.chmod(0o555)
        program = (
            "import os, sys; from pathlib import Path; from stepsmith.local.model_registry import ModelRegistry\n"
            "os.geteuid() or os.seteuid(65534)\n"
            f"{program}"
        )
        printed = run_python(program, folder / "stepsmith.db")
        folder.chmod(0o755)
        return printed

    return read


def test_a_registry_in_a_folder_that_cannot_be_written_is_read(tmp_path, read_where_nothing_can_be_written):
    folder = tmp_path / "store"
    ModelRegistry(folder / "stepsmith.db").register({"ModelPackageGroupName": "group"})
    program = "print(len(ModelRegistry(Path(sys.argv[1])).packages()))"
    assert read_where_nothing_can_be_written(folder, program) == "1\n"


def test_one_of_before_decisions_were_kept_is_read_there_too(tmp_path, read_where_nothing_can_be_written):
    folder = tmp_path / "store"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "stepsmith.db")) as connection:
        connection.executescript(VERSION_1)
    before = (folder / "stepsmith.db").read_bytes()
    program = "print([one.status for one in ModelRegistry(Path(sys.argv[1])).history('penguins')])"
    assert read_where_nothing_can_be_written(folder, program) == "['PendingManualApproval', 'Approved']\n"
    assert (folder / "stepsmith.db").read_bytes() == before


@pytest.fixture
def stored(tmp_path):
    """A registry in a store with one object."""
    store = Store(tmp_path / ".stepsmith")
    store.objects.put("s3://bucket/model.tar.gz", [b"model"])
    return ModelRegistry(store.database)


def test_an_object_here_has_a_path_and_a_digest(stored):
    assert stored.locate("s3://bucket/model.tar.gz").read_bytes() == b"model"
    assert stored.digest("s3://bucket/model.tar.gz") == hashlib.sha256(b"model").hexdigest()


def test_an_object_that_is_not_here_has_none(stored, expect_error):
    assert stored.locate("no uri") is None
    assert stored.locate("s3://bucket/x") is None
    with expect_error("REG017", kind=ModelRegistryError):
        stored.digest("s3://bucket/x")
