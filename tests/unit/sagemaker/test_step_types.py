import pytest

from stepsmith.sagemaker.service_model import service
from stepsmith.sagemaker.step_types import STEP_TYPES, step_type

NAMES = [
    "Processing",
    "Training",
    "Tuning",
    "Transform",
    "Model",
    "RegisterModel",
    "Condition",
    "Fail",
    "Lambda",
    "Callback",
    "QualityCheck",
    "ClarifyCheck",
    "EMR",
    "EMRServerless",
    "ForEach",
    "NotebookJob",
    "AutoML",
    "EndpointConfig",
    "Endpoint",
    "InferenceComponent",
    "Lineage",
]


def test_every_step_type_of_the_language_is_in_the_table():
    assert set(STEP_TYPES) == set(NAMES)


def test_an_unknown_step_type_is_known_to_be_unknown():
    assert step_type("Bedrock") is None
    assert step_type("processing") is None


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_of_a_row_is_one_of_the_service(name):
    kind = STEP_TYPES[name]
    if kind.request is not None:
        assert service().input_of(kind.request).type == "structure"
    for operation in (kind.describe, kind.listing):
        if operation is not None:
            output = service(kind.service).output_of(operation)
            assert output.type == "structure"
            assert kind.response_member is None or kind.response_member in output.members


@pytest.mark.parametrize("name", NAMES)
def test_what_pipelines_fills_is_a_member_that_the_request_must_have(name):
    kind = STEP_TYPES[name]
    assert not kind.supplied or kind.supplied <= set(service().input_of(kind.request).required)


@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_a_source_and_the_members_of_every_step(name):
    assert step_type(name).source
    assert step_type(name).members >= {"DependsOn", "DisplayName", "Description"}


# A place that the request itself does not have: it is told as refused all the same, since people write it.
NOT_IN_THE_REQUEST = {"Description"}


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        pytest.param(name, refusal, id=f"{name}-{refusal.path}")
        for name, known in STEP_TYPES.items()
        for refusal in known.refusals
    ],
)
def test_a_refused_member_is_one_that_the_request_has(snapshot, name, refusal):
    assert refusal.source
    assert refusal.fix
    snapshot(refusal.fix)
    kind = STEP_TYPES[name]
    if kind.request is None or refusal.path in NOT_IN_THE_REQUEST:
        return
    shape = service().input_of(kind.request)
    assert refusal.beside is None or refusal.beside in shape.members
    for part in refusal.path.split("."):
        shape = service().shape(shape.members[part.removesuffix("[]")])
        shape = service().shape(shape.item) if part.endswith("[]") else shape
