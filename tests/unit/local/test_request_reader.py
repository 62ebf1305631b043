import pytest

from stepsmith.diagnostics import DefinitionError, RunError
from stepsmith.local.request_reader import Port, pointers, processing_request

FOLDER = "/opt/ml/processing/data"


def arguments(**members):
    """The arguments of a job that is whole, in which the given members are as given."""
    return {"AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": ["python3", "main.py"]}, **members}


def read_input(*, name="data", **members):
    source = {"S3Uri": "s3://bucket/data/", "LocalPath": FOLDER, **members}
    return processing_request(arguments(ProcessingInputs=[{"InputName": name, "S3Input": source}]))


def read_output(**members):
    place = {"S3Uri": "s3://bucket/out", "LocalPath": FOLDER, **members}
    outputs = [{"OutputName": "out", "S3Output": place}]
    return processing_request(arguments(ProcessingOutputConfig={"Outputs": outputs}))


def test_a_request_that_says_no_more_than_its_command_has_a_day():
    request = processing_request(arguments())
    assert (request.command, request.environment) == (["python3", "main.py"], {})
    assert (request.inputs, request.outputs, request.max_runtime_seconds) == ([], [], 86400)


def test_the_arguments_follow_the_entrypoint_each_as_text():
    application = {"ContainerEntrypoint": ["python3"], "ContainerArguments": ["main.py", 7, 0.5]}
    assert processing_request(arguments(AppSpecification=application)).command == ["python3", "main.py", "7", "0.5"]


def test_inputs_outputs_environment_and_time_are_read():
    asked = arguments(StoppingCondition={"MaxRuntimeInSeconds": 60}, Environment={"NAME_1": "a", "COUNT": 3})
    assert processing_request(asked).max_runtime_seconds == 60
    assert processing_request(asked).environment == {"NAME_1": "a", "COUNT": "3"}
    assert read_input().inputs == [Port("data", "s3://bucket/data/", FOLDER)]
    assert read_output().outputs == [Port("out", "s3://bucket/out", FOLDER)]


def test_a_switch_is_the_text_that_it_is_when_it_is_joined():
    application = {"ContainerEntrypoint": ["python3", True]}
    request = processing_request(arguments(AppSpecification=application, Environment={"DRY": False}))
    assert (request.command, request.environment) == (["python3", "true"], {"DRY": "false"})


@pytest.mark.parametrize("mode", ["File", ""])
def test_an_input_in_file_mode_is_brought_whether_that_is_said_or_not(mode):
    assert len(read_input(S3DataType="S3Prefix", **({"S3InputMode": mode} if mode else {})).inputs) == 1


@pytest.mark.parametrize(
    "members", [{"S3DataType": "ManifestFile"}, {"S3InputMode": "Pipe"}], ids=["a manifest", "a pipe"]
)
def test_an_input_that_is_not_brought_here_is_refused_and_named(expect_error, members):
    with expect_error("RUN041", "Arguments.ProcessingInputs[0]", kind=RunError):
        read_input(**members)


def test_an_input_that_is_no_object_of_s3_is_refused(expect_error):
    with expect_error("RUN041", "Arguments.ProcessingInputs[0]"):
        processing_request(arguments(ProcessingInputs=[{"InputName": "data", "DatasetDefinition": {}}]))


@pytest.mark.parametrize(
    ("read", "where"),
    [
        pytest.param(read_input, "Arguments.ProcessingInputs[0].S3Input.LocalPath", id="input"),
        pytest.param(read_output, "Arguments.ProcessingOutputConfig.Outputs[0].S3Output.LocalPath", id="output"),
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "/opt/ml/processing",
        "/opt/ml/model",
        "/etc",
        "opt/ml/processing/a",
        f"{FOLDER}/../../a",
        pytest.param(f"{FOLDER}/\0", id="a NUL"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_folder_that_a_sandbox_does_not_have_is_refused_at_its_place(expect_error, read, where, path):
    with expect_error("RUN047", where):
        read(LocalPath=path)


@pytest.mark.parametrize("path", [f"{FOLDER}/", f"{FOLDER}/a..b", f"{FOLDER}/...", f"{FOLDER}/deep/er"])
def test_a_folder_below_that_of_the_job_is_admitted(path):
    assert read_output(LocalPath=path).outputs[0].folder == path


def test_an_image_that_would_run_its_own_entrypoint_is_refused(expect_error):
    with expect_error("RUN040", "Arguments.AppSpecification"):
        processing_request({"AppSpecification": {"ContainerArguments": ["--dry"]}})


# Each spoiled request, and the place that its error names.
SPOILED = {
    "no application": ({}, "Arguments.AppSpecification"),
    "an application that is text": (arguments(AppSpecification="image"), "Arguments.AppSpecification"),
    "a command that is text": (
        arguments(AppSpecification={"ContainerEntrypoint": "python3 main.py"}),
        "Arguments.AppSpecification.ContainerEntrypoint",
    ),
    "null in a command": (arguments(AppSpecification={"ContainerEntrypoint": [None]}), "Arguments.AppSpecification"),
    "a list in a command": (arguments(AppSpecification={"ContainerEntrypoint": [[]]}), "Arguments.AppSpecification"),
    "a NUL in a command": (arguments(AppSpecification={"ContainerEntrypoint": ["\0"]}), "Arguments.AppSpecification"),
    "variables that are a list": (arguments(Environment=[]), "Arguments.Environment"),
    "a variable without a name": (arguments(Environment={"": "a"}), "Arguments.Environment."),
    "a variable with an equals sign": (arguments(Environment={"A=B": "a"}), "Arguments.Environment.A=B"),
    "a variable that is null": (arguments(Environment={"A": None}), "Arguments.Environment.A"),
    "a variable that is an object": (arguments(Environment={"A": {}}), "Arguments.Environment.A"),
    "a NUL in a variable": (arguments(Environment={"A": "\0"}), "Arguments.Environment.A"),
    "inputs that are null": (arguments(ProcessingInputs=None), "Arguments.ProcessingInputs"),
    "an input without a name": (arguments(ProcessingInputs=[{}]), "Arguments.ProcessingInputs[0].InputName"),
    "an input without a folder": (
        arguments(ProcessingInputs=[{"InputName": "a", "S3Input": {}}]),
        "Arguments.ProcessingInputs[0].S3Input.LocalPath",
    ),
    "an output to no place in S3": (
        arguments(ProcessingOutputConfig={"Outputs": [{"OutputName": "a", "FeatureStoreOutput": {}}]}),
        "Arguments.ProcessingOutputConfig.Outputs[0].S3Output",
    ),
    "a time that is text": (
        arguments(StoppingCondition={"MaxRuntimeInSeconds": "60"}),
        "Arguments.StoppingCondition.MaxRuntimeInSeconds",
    ),
    "a time that is a switch": (
        arguments(StoppingCondition={"MaxRuntimeInSeconds": True}),
        "Arguments.StoppingCondition.MaxRuntimeInSeconds",
    ),
}


@pytest.mark.parametrize(("spoiled", "where"), SPOILED.values(), ids=SPOILED)
def test_a_request_that_is_not_as_the_service_has_it_is_refused_at_its_place(expect_error, spoiled, where):
    with expect_error("DEF022", where, kind=DefinitionError):
        processing_request(spoiled)


def test_everything_of_a_registration_that_points_to_s3_is_found():
    asked = {
        "ModelPackageGroupName": "group",
        "InferenceSpecification": {
            "Containers": [
                {"Image": "image", "ModelDataUrl": "s3://b/one"},
                {"ModelDataSource": {"S3DataSource": {"S3Uri": "s3://b/two/", "S3DataType": "S3Prefix"}}},
                {"ModelDataSource": {"S3DataSource": {"S3Uri": "s3://b/three", "S3DataType": "S3Object"}}},
            ]
        },
        "SamplePayloadUrl": "s3://b/four",
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "text/csv", "S3Uri": "s3://b/five"}}},
        "AdditionalInferenceSpecifications": [{"Name": "more", "Containers": [{"ModelDataUrl": "s3://b/six"}]}],
    }
    assert sorted(pointers(asked)) == [
        ("ModelDataUrl", "s3://b/one", False),
        ("ModelDataUrl", "s3://b/six", False),
        ("S3Uri", "s3://b/five", False),
        ("S3Uri", "s3://b/three", False),
        ("S3Uri", "s3://b/two/", True),
        ("SamplePayloadUrl", "s3://b/four", False),
    ]


def test_a_registration_that_points_to_nothing_has_no_pointers():
    assert pointers({"ModelPackageGroupName": "group"}) == []


def test_text_of_a_users_own_is_no_pointer_whatever_its_name():
    asked = {
        "CustomerMetadataProperties": {"S3Uri": "see the wiki"},
        "InferenceSpecification": {"Containers": [{"Environment": {"ModelDataUrl": "a"}}]},
    }
    assert pointers(asked) == []


@pytest.mark.parametrize(
    ("spoiled", "where"),
    [
        ({"InferenceSpecification": None}, "InferenceSpecification"),
        ({"InferenceSpecification": {"Containers": None}}, "InferenceSpecification.Containers"),
        ({"InferenceSpecification": {"Containers": ["image"]}}, "InferenceSpecification.Containers[0]"),
        (
            {"InferenceSpecification": {"Containers": [{"ModelDataUrl": 5}]}},
            "InferenceSpecification.Containers[0].ModelDataUrl",
        ),
        ({"SamplePayloadUrl": ["s3://b/a"]}, "SamplePayloadUrl"),
    ],
    ids=["null", "no containers", "a container of text", "a number", "a list"],
)
def test_a_registration_that_is_not_as_the_service_has_it_is_refused(expect_error, spoiled, where):
    with expect_error("DEF022", f"Arguments.{where}", kind=DefinitionError):
        pointers(spoiled)


@pytest.mark.parametrize("folder", [FOLDER, f"{FOLDER}/", f"{FOLDER}/deeper", "/opt/ml/processing"])
def test_outputs_that_share_a_folder_are_refused(expect_error, folder):
    outputs = [
        {"OutputName": name, "S3Output": {"S3Uri": "s3://bucket/out", "LocalPath": place}}
        for name, place in (("one", FOLDER), ("two", f"{folder}/"))
    ]
    with expect_error("RUN049", "Arguments.ProcessingOutputConfig"):
        processing_request(arguments(ProcessingOutputConfig={"Outputs": outputs}))
