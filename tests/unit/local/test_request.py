import pytest

from stepsmith.errors import DefinitionError, RunError, StepsmithError
from stepsmith.local.request import Port, pointers, processing_request

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


def refused(kind, read, *given, **members):
    with pytest.raises(kind) as caught:
        read(*given, **members)
    (finding,) = caught.value.findings
    return finding


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


@pytest.mark.parametrize("members", [{"S3DataType": "ManifestFile"}, {"S3InputMode": "Pipe"}])
def test_an_input_that_is_not_brought_here_is_refused_and_named(members):
    finding = refused(RunError, read_input, **members)
    assert (finding.code, finding.where) == ("RUN041", "Arguments.ProcessingInputs[0]")
    assert "'data'" in finding.what


def test_an_input_that_is_no_object_of_s3_is_refused():
    asked = arguments(ProcessingInputs=[{"InputName": "data", "DatasetDefinition": {}}])
    assert refused(RunError, processing_request, asked).code == "RUN041"


@pytest.mark.parametrize("read", [read_input, read_output], ids=["input", "output"])
@pytest.mark.parametrize(
    "path",
    ["/opt/ml/processing", "/opt/ml/model", "/etc", "opt/ml/processing/a", f"{FOLDER}/../../a", f"{FOLDER}/\0", ""],
)
def test_a_folder_that_a_sandbox_does_not_have_is_refused_at_its_place(read, path):
    finding = refused(RunError, read, LocalPath=path)
    assert finding.code == "RUN047"
    assert finding.where.endswith("LocalPath")
    assert repr(path) in finding.what


@pytest.mark.parametrize("path", [f"{FOLDER}/", f"{FOLDER}/a..b", f"{FOLDER}/...", f"{FOLDER}/deep/er"])
def test_a_folder_below_that_of_the_job_is_admitted(path):
    assert read_output(LocalPath=path).outputs[0].folder == path


def test_an_image_that_would_run_its_own_entrypoint_is_refused():
    finding = refused(RunError, processing_request, {"AppSpecification": {"ContainerArguments": ["--dry"]}})
    assert (finding.code, finding.where) == ("RUN040", "Arguments.AppSpecification")


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
    "a variable without a name": (arguments(Environment={"": "a"}), "Arguments.Environment"),
    "a variable with an equals sign": (arguments(Environment={"A=B": "a"}), "Arguments.Environment"),
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


@pytest.mark.parametrize(("spoiled", "place"), SPOILED.values(), ids=SPOILED)
def test_a_request_that_is_not_as_the_service_has_it_is_refused_at_its_place(spoiled, place):
    finding = refused(DefinitionError, processing_request, spoiled)
    assert finding.code == "DEF022"
    assert finding.where.startswith(place)


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
    "wrong",
    [
        {"InferenceSpecification": None},
        {"InferenceSpecification": {"Containers": None}},
        {"InferenceSpecification": {"Containers": ["image"]}},
        {"InferenceSpecification": {"Containers": [{"ModelDataUrl": 5}]}},
        {"SamplePayloadUrl": ["s3://b/a"]},
    ],
    ids=["null", "no containers", "a container of text", "a number", "a list"],
)
def test_a_registration_that_is_not_as_the_service_has_it_is_refused(wrong):
    with pytest.raises(StepsmithError, match="DEF022"):
        pointers(wrong)


@pytest.mark.parametrize("folder", [FOLDER, f"{FOLDER}/", f"{FOLDER}/deeper", "/opt/ml/processing"])
def test_outputs_that_share_a_folder_are_refused(folder):
    outputs = [
        {"OutputName": name, "S3Output": {"S3Uri": "s3://bucket/out", "LocalPath": place}}
        for name, place in (("one", FOLDER), ("two", f"{folder}/"))
    ]
    finding = refused(RunError, processing_request, arguments(ProcessingOutputConfig={"Outputs": outputs}))
    assert finding.code == "RUN049"
    assert "'one'" in finding.what
