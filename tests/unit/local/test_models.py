import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from stepsmith.errors import ModelRegistryError
from stepsmith.local.models import ModelRegistry


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


def test_versions_are_listed_by_group_and_version(models):
    for group in ("b", "a", *["c"] * 11):
        models.register(request(group))
    assert versions(models) == [("a", 1), ("b", 1), *(("c", version) for version in range(1, 12))]
    assert versions(models, "b") == [("b", 1)]
    assert versions(models, "no such group") == []


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


def test_the_versions_of_a_store_are_there_in_another_process(models):
    models.register(request())
    code = "import json, sys; from pathlib import Path; from stepsmith.local import ModelRegistry;"
    code += "print(json.dumps(ModelRegistry(Path(sys.argv[1])).packages()))"
    done = subprocess.run([sys.executable, "-c", code, models.database], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == models.packages()


@pytest.mark.parametrize(
    "asked", [{}, {"ModelPackageName": "a"}, request(""), request(None), request(3), request(["a"])]
)
def test_a_request_that_names_no_group_is_refused_and_keeps_nothing(models, asked):
    with pytest.raises(ModelRegistryError) as caught:
        models.register(asked)
    assert caught.value.code == "REG001"
    assert "ModelPackageGroupName" in caught.value.findings[0].fix
    assert models.packages() == []


def test_threads_that_register_at_once_get_a_version_each(models):
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: models.register(request())["ModelPackageVersion"], range(24)))
    assert sorted(given) == list(range(1, 25))
    assert versions(models) == [("group", version) for version in range(1, 25)]


def test_processes_that_register_at_once_get_a_version_each(models):
    code = (
        "import sys; from pathlib import Path; from stepsmith.local import ModelRegistry\n"
        "for _ in range(10):\n"
        "    asked = {'ModelPackageGroupName': 'group'}\n"
        "    print(ModelRegistry(Path(sys.argv[1])).register(asked)['ModelPackageVersion'])"
    )
    command = [sys.executable, "-c", code, models.database]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    given = [int(line) for one in running for line in one.communicate(timeout=60)[0].split()]
    assert sorted(given) == list(range(1, 21))
    assert versions(models) == [("group", version) for version in range(1, 21)]


def test_reading_the_registry_leaves_its_file_as_it_is(tmp_path):
    database = tmp_path / "stepsmith.db"
    models = ModelRegistry(database)
    models.register({"ModelPackageGroupName": "group"})
    before = database.read_bytes()
    assert len(models.packages()) == 1
    assert database.read_bytes() == before


def test_a_registry_in_a_folder_that_cannot_be_written_is_read(tmp_path):
    folder = tmp_path / "store"
    ModelRegistry(folder / "stepsmith.db").register({"ModelPackageGroupName": "group"})
    for place in (tmp_path, *tmp_path.parents):
        if place.name.startswith(("test_", "popen-", "pytest-")):
            place.chmod(0o755)
    folder.chmod(0o555)
    program = (
        "import os, sys; from pathlib import Path; from stepsmith.local.models import ModelRegistry\n"
        "os.geteuid() or os.seteuid(65534)\n"
        "print(len(ModelRegistry(Path(sys.argv[1])).packages()))"
    )
    command = [sys.executable, "-c", program, str(folder / "stepsmith.db")]
    # What measures the coverage of a process could not write its own file either.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    folder.chmod(0o755)
    assert (done.stdout, done.stderr) == ("1\n", "")
