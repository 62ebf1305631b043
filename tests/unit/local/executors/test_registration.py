import re

import pytest

from stepsmith.diagnostics import DefinitionError
from stepsmith.local.executors.registration import run_registration
from stepsmith.local.model_registry import ModelRegistry

MODEL = "s3://bucket/model.tar.gz"
GONE = "s3://bucket/gone"


@pytest.fixture
def models(machine):
    machine.put(MODEL, "model")
    return ModelRegistry(machine.store.database)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def register(machine, models, log):
    return lambda request: run_registration(request, machine.store.objects, models, "run-id", log)


def request(container=None, **members):
    containers = [{"Image": "image", "ModelDataUrl": MODEL, **(container or {})}]
    return {"ModelPackageGroupName": "group", "InferenceSpecification": {"Containers": containers}, **members}


def statistics(uri):
    return {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": uri}}}


def test_a_version_is_registered_and_described_to_later_steps(register, models, machine):
    finished = register(request(SamplePayloadUrl=MODEL))
    assert finished.properties["ModelPackageArn"].endswith("model-package/group/1")
    assert models.packages() == [finished.properties]
    assert machine.rows("SELECT run FROM model_packages") == [("run-id",)]


def test_the_log_says_what_was_registered_and_when(register, log, snapshot):
    register(request())
    at, text = log.read_text().rstrip("\n").split(" ", 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", at)
    snapshot(text)


@pytest.mark.parametrize(
    "wrong",
    [
        request({"ModelDataUrl": GONE}),
        request(SamplePayloadUrl=GONE),
        request(
            {"ModelDataSource": {"S3DataSource": {"S3Uri": GONE, "S3DataType": "S3Object", "CompressionType": "Gzip"}}}
        ),
        request(ModelMetrics=statistics(GONE)),
        request(DriftCheckBaselines=statistics(GONE)),
        request(
            AdditionalInferenceSpecifications=[
                {"Name": "more", "Containers": [{"Image": "image", "ModelDataUrl": GONE}]}
            ]
        ),
    ],
    ids=["model", "payload", "model data source", "metrics", "baselines", "additional specification"],
)
def test_a_version_that_would_point_to_nothing_is_refused_and_not_registered(register, models, expect_error, wrong):
    with expect_error("RUN050"):
        register(wrong)
    assert models.packages() == []


def test_a_folder_is_no_model(register, machine, expect_error):
    machine.put("s3://bucket/folder/a", "")
    with expect_error("RUN050"):
        register(request({"ModelDataUrl": "s3://bucket/folder"}))


def test_a_model_that_is_in_another_place_than_s3_is_refused(register, expect_error):
    with expect_error("RUN010"):
        register(request({"ModelDataUrl": "https://bucket/model.tar.gz"}))


def test_a_version_that_points_to_no_model_is_registered_as_the_service_does(register):
    finished = register({"ModelPackageGroupName": "group", "SourceUri": "arn:of:a:model"})
    assert finished.properties["SourceUri"] == "arn:of:a:model"


def test_a_folder_is_a_model_where_the_request_says_that_it_is_a_prefix(register, machine):
    machine.put("s3://bucket/folder/a", "")
    source = {"S3DataSource": {"S3Uri": "s3://bucket/folder/", "S3DataType": "S3Prefix", "CompressionType": "None"}}
    assert register(request({"ModelDataSource": source})).properties["ModelPackageVersion"] == 1


@pytest.mark.parametrize("name", ["S3Uri", "ModelDataUrl"])
def test_a_name_that_a_user_gives_to_text_of_their_own_is_no_pointer(register, name):
    asked = request({"Environment": {name: "as we call it"}}, CustomerMetadataProperties={name: "see the wiki"})
    assert register(asked).properties["CustomerMetadataProperties"] == {name: "see the wiki"}


def test_a_version_of_no_group_is_refused(register, expect_error):
    with expect_error("REG001"):
        register({**request(), "ModelPackageGroupName": ""})


# Each spoiled request, and the place that its error names.
SPOILED = {
    "a model that is null": (
        request({"ModelDataUrl": None}),
        "Arguments.InferenceSpecification.Containers[0].ModelDataUrl",
    ),
    "a model that is a number": (
        request({"ModelDataUrl": 5}),
        "Arguments.InferenceSpecification.Containers[0].ModelDataUrl",
    ),
    "a payload that is a list": (request(SamplePayloadUrl=["s3://bucket/a"]), "Arguments.SamplePayloadUrl"),
    "a specification that is null": ({**request(), "InferenceSpecification": None}, "Arguments.InferenceSpecification"),
    "a specification that is a list": ({**request(), "InferenceSpecification": []}, "Arguments.InferenceSpecification"),
    "containers that are null": (
        {**request(), "InferenceSpecification": {"Containers": None}},
        "Arguments.InferenceSpecification.Containers",
    ),
}


@pytest.mark.parametrize(("spoiled", "where"), SPOILED.values(), ids=SPOILED)
def test_a_request_that_a_hand_spoiled_is_an_error_of_ours(register, models, expect_error, spoiled, where):
    with expect_error("DEF022", where, kind=DefinitionError):
        register(spoiled)
    assert models.packages() == []
