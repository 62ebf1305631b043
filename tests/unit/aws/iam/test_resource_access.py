from __future__ import annotations

import pytest

from stepsmith import Get, Join
from stepsmith.aws.iam.resource_access import resource_access_of
from stepsmith.definition.model import PipelineDefinition, Step
from stepsmith.definition.parameters import Parameter


def processing(s3_uri, output="s3://out/place", **arguments):
    return Step(
        "one",
        "Processing",
        {
            "ProcessingInputs": [{"InputName": "a", "S3Input": {"S3Uri": s3_uri}}],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "b", "S3Output": {"S3Uri": output}}]},
            **arguments,
        },
    )


def reaches(*steps, location="", parameters=()):
    return resource_access_of(PipelineDefinition(steps, parameters), location)


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("s3://ins/data/", "ins/data/*"),
        ("s3://ins/data/table.csv", "ins/data/table.csv*"),
        ("s3://ins", "ins/*"),
        (Join("/", ["s3://ins/data", Get("Execution.PipelineExecutionId"), "x"]), "ins/data/*"),
        (Join("", ["s3://ins/da", Get("Parameters.Name")]), "ins/data-set*"),
        (Get("Parameters.Place"), "ins/default*"),
    ],
)
def test_what_is_read_is_a_pattern_as_far_as_it_is_known(written, pattern):
    parameters = (Parameter("Place", default="s3://ins/default"), Parameter("Name", default="ta-set"))
    found = reaches(processing(written), parameters=parameters)
    assert (found.reads, found.writes, found.open_ends) == ({pattern}, {"out/place*"}, [])


def test_what_is_below_the_pipeline_s_own_folder_is_one_pattern():
    found = reaches(processing("s3://ins/own/x/1/", "s3://ins/own/y"), location="s3://ins/own")
    assert (found.reads, found.writes) == ({"ins/own/*"}, {"ins/own/y*"})
    assert reaches(processing("s3://ins/owner/"), location="s3://ins/own").reads == {"ins/owner/*"}


def test_images_and_keys_are_found_wherever_they_stand():
    app = {"ImageUri": "1.dkr.ecr/x:1"}
    resources = {"ClusterConfig": {"VolumeKmsKeyId": "key-1"}}
    found = reaches(processing("s3://ins/", AppSpecification=app, ProcessingResources=resources))
    assert (found.images, found.keys) == ({"1.dkr.ecr/x:1"}, {"key-1"})


def test_objects_are_those_of_inputs_and_models_that_are_known_to_their_end():
    step = Step(
        "two", "RegisterModel", {"InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://ins/m.tgz"}]}}
    )
    place = Get("Parameters.Place")
    found = reaches(
        processing("s3://ins/a"),
        processing(place, Environment={"OUT": "s3://ins/out"}),
        step,
        parameters=(Parameter("Place", default="s3://ins/default"),),
    )
    assert found.objects == {"s3://ins/a": True, "s3://ins/default": False, "s3://ins/m.tgz": True}


def test_a_bucket_of_which_the_name_is_not_known_to_its_end_is_an_open_end(snapshot):
    found = reaches(
        processing(Join("", ["s3://data-", Get("Parameters.Stage"), "/raw"])), parameters=(Parameter("Stage"),)
    )
    assert found.reads == set()
    (end,) = found.open_ends
    snapshot(end)


def test_what_only_an_execution_knows_is_said_and_what_a_step_writes_is_not(snapshot):
    found = reaches(processing(Get("Parameters.Open")), parameters=(Parameter("Open"),))
    (end,) = found.open_ends
    snapshot(end)
    step = Get("Steps.other.ProcessingOutputConfig.Outputs['x'].S3Output.S3Uri")
    assert reaches(processing(step)).open_ends == []
    assert reaches(processing(Join("/", [step, "model.tar.gz"]))).open_ends == []
