from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from stepsmith.definition.checks.arguments import check_arguments
from stepsmith.definition.model import CacheConfig, PipelineDefinition, PropertyFile, Step
from stepsmith.definition.parameters import Parameter
from stepsmith.definition.parse import parse
from stepsmith.definition.references import Get, Join, JsonGet, to_json
from stepsmith.sagemaker.service_model import service

OURS = (Path(__file__).parents[3] / "golden").glob("*/pipeline.yaml")
GOLDEN = sorted(pipeline.with_name("definition.json") for pipeline in OURS)
ROLE = "arn:aws:iam::123456789012:role/Pipelines"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"
JOIN = Join("/", ["s3://bucket", Get("Execution.PipelineExecutionId")])

PROCESSING = {
    "ProcessingResources": {
        "ClusterConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 30,
            "VolumeKmsKeyId": None,
        }
    },
    "AppSpecification": {
        "ImageUri": IMAGE,
        "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"],
        "ContainerArguments": ["--ratio", "0.7"],
    },
    "RoleArn": ROLE,
    "ProcessingInputs": [
        {
            "InputName": "data",
            "AppManaged": False,
            "S3Input": {
                "S3Uri": JOIN,
                "LocalPath": "/opt/ml/processing/input/data",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
            },
        }
    ],
    "ProcessingOutputConfig": {
        "Outputs": [
            {
                "OutputName": "train",
                "S3Output": {
                    "S3Uri": "s3://bucket/key",
                    "LocalPath": "/opt/ml/processing/output/train",
                    "S3UploadMode": "EndOfJob",
                },
            }
        ]
    },
    "Environment": {"MODE": "fast"},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    "NetworkConfig": {
        "EnableNetworkIsolation": False,
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
    },
    "Tags": [{"Key": "team", "Value": "größe"}],
    "ExperimentConfig": {"TrialComponentDisplayName": "prepare"},
}
TRAINING = {
    "AlgorithmSpecification": {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "auc", "Regex": "auc=(.*)"}],
    },
    "RoleArn": ROLE,
    "HyperParameters": {"depth": "6"},
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": Get("Steps.prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"),
                    "S3DataDistributionType": "FullyReplicated",
                }
            },
        }
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/models", "CompressionType": "GZIP"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": Get("Parameters.Count"), "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400, "MaxWaitTimeInSeconds": 86400},
    "EnableManagedSpotTraining": True,
    "CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints"},
    "RetryStrategy": {"MaximumRetryAttempts": 3},
}
REGISTRATION = {
    "ModelPackageGroupName": "credit-risk",
    "ModelPackageDescription": "trained elsewhere",
    "InferenceSpecification": {
        "Containers": [
            {
                "Image": IMAGE,
                "ModelDataUrl": JOIN,
                "Environment": {"A": "b"},
                "Framework": "XGBOOST",
                "ModelInput": None,
            }
        ],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
    },
    "ModelApprovalStatus": Get("Parameters.Approval"),
    "CustomerMetadataProperties": {"package_sha256": JsonGet("package", "facts", "sha256")},
    "ModelMetrics": {
        "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://bucket/m.json"}}
    },
    "SkipModelValidation": "None",
}
WHOLE = {"Processing": PROCESSING, "Training": TRAINING, "RegisterModel": REGISTRATION}


def findings(kind, arguments, **beside):
    return check_arguments(PipelineDefinition((Step("one", kind, arguments, **beside),)))


def found(kind, arguments, **beside):
    return [(finding.code, finding.where.removeprefix("steps.one.")) for finding in findings(kind, arguments, **beside)]


def with_(arguments, path, *value):
    """The arguments with the value at `path` set, or taken out where none is given."""
    changed = copy.deepcopy(arguments)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place = changed
    for part in parents:
        place = place[part]
    if value:
        place[last] = value[0]
    else:
        del place[last]
    return changed


@pytest.mark.parametrize("kind", WHOLE)
def test_arguments_that_the_service_takes_are_no_finding(kind):
    assert found(kind, WHOLE[kind]) == []
    assert found(kind, parse_arguments(kind, WHOLE[kind])) == []


def parse_arguments(kind, arguments):
    step = {"Name": "one", "Type": kind, "Arguments": to_json(arguments)}
    return parse(json.dumps({"Version": "2020-12-01", "Steps": [step]})).steps[0].arguments


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.parent.name)
def test_the_golden_definitions_have_no_finding(path):
    assert check_arguments(parse(path.read_text(encoding="utf-8"))) == []


INPUT, OUTPUT = "ProcessingInputs/0/S3Input", "ProcessingOutputConfig/Outputs/0"
CLUSTER = "ProcessingResources/ClusterConfig"
CONTAINER = "InferenceSpecification/Containers/0"

# Type, place, what is put there (nothing: it is taken out), code, and the place of the finding where it is another.
MUTATIONS = [
    ("Processing", f"{INPUT}/S3Url", ("s3://b/k",), "DEF130"),
    ("Processing", f"{OUTPUT}/S3Output/S3DataType", ("S3Prefix",), "DEF130"),
    ("Processing", "Environments", ({},), "DEF130"),
    ("Processing", "AppSpecification/Image", (IMAGE,), "DEF130"),
    ("Processing", "Tags/0/Name", ("a",), "DEF130"),
    ("Training", "ProcessingInputs", ([],), "DEF130"),
    ("Training", "InputDataConfig/0/DataSource/S3DataSource/S3Url", ("a",), "DEF130"),
    ("RegisterModel", "ModelName", ("a",), "DEF130"),
    ("RegisterModel", f"{CONTAINER}/ImageUri", (IMAGE,), "DEF130"),
    ("Processing", "AppSpecification", (), "DEF131"),
    ("Processing", "AppSpecification", (None,), "DEF131"),
    ("Processing", "AppSpecification/ImageUri", (), "DEF131"),
    ("Processing", CLUSTER, (), "DEF131"),
    ("Processing", f"{CLUSTER}/VolumeSizeInGB", (), "DEF131"),
    ("Processing", "ProcessingInputs/0/InputName", (), "DEF131"),
    ("Processing", f"{INPUT}/S3Uri", (), "DEF131"),
    ("Processing", f"{INPUT}/S3DataType", (), "DEF131"),
    ("Processing", f"{OUTPUT}/OutputName", (), "DEF131"),
    ("Processing", f"{OUTPUT}/S3Output/S3UploadMode", (), "DEF131"),
    ("Processing", "ProcessingOutputConfig/Outputs", (), "DEF131"),
    ("Processing", "NetworkConfig/VpcConfig/Subnets", (), "DEF131"),
    ("Processing", "Tags/0/Value", (), "DEF131"),
    ("Training", "OutputDataConfig", (), "DEF131"),
    ("Training", "OutputDataConfig/S3OutputPath", (), "DEF131"),
    ("Training", "InputDataConfig/0/ChannelName", (), "DEF131"),
    ("Training", "CheckpointConfig/S3Uri", (), "DEF131"),
    ("RegisterModel", "InferenceSpecification/Containers", (), "DEF131"),
    ("Processing", f"{CLUSTER}/InstanceCount", ("1",), "DEF132"),
    ("Processing", f"{CLUSTER}/InstanceCount", (1.5,), "DEF132"),
    ("Processing", f"{CLUSTER}/InstanceCount", (True,), "DEF132"),
    ("Processing", "AppSpecification/ContainerArguments", ("--ratio 0.7",), "DEF132"),
    ("Processing", "AppSpecification/ContainerArguments/1", (0.7,), "DEF132"),
    ("Processing", "ProcessingInputs", ({},), "DEF132"),
    ("Processing", "ProcessingInputs/0", ("data",), "DEF132"),
    ("Processing", "ProcessingInputs/0/AppManaged", ("false",), "DEF132"),
    ("Processing", "Environment", ([],), "DEF132"),
    ("Processing", "Environment/MODE", (1,), "DEF132", "Environment['MODE']"),
    ("Processing", "RoleArn", (5,), "DEF132"),
    ("Processing", "NetworkConfig", (JOIN,), "DEF132"),
    ("Training", "EnableManagedSpotTraining", ("true",), "DEF132"),
    ("Training", "HyperParameters/depth", (6,), "DEF132", "HyperParameters['depth']"),
    ("Training", "StoppingCondition/MaxRuntimeInSeconds", ("1 day",), "DEF132"),
    ("RegisterModel", "CustomerMetadataProperties/n", (1,), "DEF132", "CustomerMetadataProperties['n']"),
    ("Processing", f"{INPUT}/S3DataType", ("Prefix",), "DEF133"),
    ("Processing", f"{INPUT}/S3InputMode", ("file",), "DEF133"),
    ("Processing", f"{CLUSTER}/InstanceType", ("m5.large",), "DEF133"),
    ("Processing", f"{OUTPUT}/S3Output/S3UploadMode", ("Continuos",), "DEF133"),
    ("Training", "AlgorithmSpecification/TrainingInputMode", ("Files",), "DEF133"),
    ("Training", "OutputDataConfig/CompressionType", ("gzip",), "DEF133"),
    ("RegisterModel", "ModelApprovalStatus", ("Pending",), "DEF133"),
    ("RegisterModel", "SkipModelValidation", ("all",), "DEF133"),
    ("Processing", "RoleArn", ("arn:aws:iam::1:role/SageMaker",), "DEF134"),
    ("Processing", f"{INPUT}/S3Uri", ("bucket/key",), "DEF134"),
    ("Processing", f"{INPUT}/S3Uri", (Join("/", ["bucket", Join(".", ["key", "csv"])]),), "DEF134"),
    ("RegisterModel", f"{CONTAINER}/Image", ("an image",), "DEF134"),
    ("Processing", "Tags/0/Key", ("a#b",), "DEF134"),
    ("Processing", "Environment/MY-MODE", ("a",), "DEF134", "Environment['MY-MODE']"),
    ("Training", "InputDataConfig/0/ChannelName", ("a b",), "DEF134"),
    ("Training", "TrainingJobName", ("my_job",), "DEF134"),
    ("RegisterModel", "ModelPackageGroupName", ("credit_risk",), "DEF134"),
    ("RegisterModel", "CustomerMetadataProperties/a#b", ("c",), "DEF134", "CustomerMetadataProperties['a#b']"),
    ("Processing", "AppSpecification/ContainerArguments/1", ("x" * 257,), "DEF135"),
    ("Processing", "Environment/MODE", ("x" * 257,), "DEF135", "Environment['MODE']"),
    ("Processing", "RoleArn", ("arn:aws:iam",), "DEF135"),
    ("Processing", "Tags/0/Key", ("",), "DEF135"),
    ("Training", "HyperParameters/depth", ("6" * 2501,), "DEF135", "HyperParameters['depth']"),
    ("RegisterModel", f"{CONTAINER}/Image", ("x" * 256,), "DEF135"),
    ("RegisterModel", "ModelPackageDescription", ("x" * 1025,), "DEF135"),
    ("Processing", "AppSpecification/ContainerArguments", (["a"] * 101,), "DEF136"),
    ("Processing", "AppSpecification/ContainerEntrypoint", ([],), "DEF136"),
    ("Processing", "Environment", ({f"A{n}": "" for n in range(101)},), "DEF136"),
    ("Processing", "NetworkConfig/VpcConfig/SecurityGroupIds", ([],), "DEF136"),
    ("Processing", "Tags", ([{"Key": f"k{n}", "Value": ""} for n in range(51)],), "DEF136"),
    ("RegisterModel", "InferenceSpecification/Containers", ([],), "DEF136"),
    ("Processing", f"{CLUSTER}/InstanceCount", (0,), "DEF137"),
    ("Processing", f"{CLUSTER}/VolumeSizeInGB", (16385,), "DEF137"),
    ("Processing", "StoppingCondition/MaxRuntimeInSeconds", (0,), "DEF137"),
    ("Training", "RetryStrategy/MaximumRetryAttempts", (31,), "DEF137"),
    ("RegisterModel", "CertifyForMarketplace", (False,), "DEF138"),
    ("RegisterModel", "Description", ("a",), "DEF138"),
    ("RegisterModel", "ModelPackageName", ("a",), "DEF138"),
    ("RegisterModel", "Tags", ([],), "DEF138"),
    ("RegisterModel", f"{CONTAINER}/AdditionalModelDataSources", ([],), "DEF138"),
    ("Processing", "ExperimentConfig/ExperimentName", ("a",), "DEF138"),
    ("Training", "ExperimentConfig", ({"TrialName": "a"},), "DEF138", "ExperimentConfig.TrialName"),
]  # fmt: skip


def place_of(path):
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path.split("/"))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation[3]}-{mutation[0]}-{mutation[1]}")
def test_each_fault_is_found_with_its_code_at_its_place_and_nothing_else(mutation):
    kind, path, value, code, *elsewhere = mutation
    place = f".{elsewhere[0]}" if elsewhere else place_of(path)
    assert found(kind, with_(WHOLE[kind], path, *value)) == [(code, f"Arguments{place}")]


def only(kind, arguments, **beside):
    (finding,) = findings(kind, arguments, **beside)
    return finding


def test_a_misspelt_member_is_told_with_the_nearest_and_not_as_missing_too(snapshot):
    renamed = with_(with_(PROCESSING, f"{INPUT}/S3Uri"), f"{INPUT}/S3Url", "s3://b/k")
    finding = only("Processing", renamed)
    assert (finding.code, finding.where) == ("DEF130", "steps.one.Arguments.ProcessingInputs[0].S3Input.S3Url")
    snapshot(finding)


# A mutation for each text that a finding may have.
TEXTS = {
    "missing": ("Processing", "AppSpecification/ImageUri", (), "DEF131"),
    "quotes too many": ("Processing", f"{CLUSTER}/InstanceCount", ("1",), "DEF132"),
    "quotes too few": ("Training", "HyperParameters/depth", (6,), "DEF132"),
    "a list for a string": ("Training", "HyperParameters/depth", ([6],), "DEF132"),
    "misspelt choice": ("Processing", f"{INPUT}/S3InputMode", ("file",), "DEF133"),
    "misspelt instance type": ("Processing", f"{CLUSTER}/InstanceType", ("ml.m5.larg",), "DEF133"),
    "unknown choice": ("RegisterModel", "SkipModelValidation", ("zzzz",), "DEF133"),
    "another form": ("Processing", f"{INPUT}/S3Uri", ("bucket/key",), "DEF134"),
    "too long": ("Processing", "Environment/MODE", ("x" * 257,), "DEF135"),
    "too few entries": ("RegisterModel", "InferenceSpecification/Containers", ([],), "DEF136"),
    "too small": ("Processing", f"{CLUSTER}/InstanceCount", (0,), "DEF137"),
    "too small a volume": ("Processing", f"{CLUSTER}/VolumeSizeInGB", (0,), "DEF137"),
    "refused by Pipelines": ("RegisterModel", "Description", ("a",), "DEF138"),
}


@pytest.mark.parametrize(("kind", "path", "value", "code"), TEXTS.values(), ids=TEXTS)
def test_each_kind_of_finding_says_what_is_wrong_and_what_to_do(snapshot, kind, path, value, code):
    finding = only(kind, with_(WHOLE[kind], path, *value))
    assert finding.code == code
    snapshot(finding)


def test_a_choice_like_none_of_many_is_told_how_many_there_are(snapshot):
    finding = only("Processing", with_(PROCESSING, f"{CLUSTER}/InstanceType", "zzzz"))
    assert finding.code == "DEF133"
    count = len(service().shape("ProcessingInstanceType").enum)
    snapshot(str(finding).replace(f" {count} ", " <count> "))


REFERENCES = [
    Get("Parameters.Any"),
    Join("/", ["a", Get("Parameters.Any")]),
    JsonGet("prepare", "facts", "value"),
]


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: type(reference).__name__)
@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Processing", "RoleArn"),
        ("Processing", f"{INPUT}/S3DataType"),
        ("Processing", f"{CLUSTER}/InstanceCount"),
        ("Processing", "NetworkConfig/EnableNetworkIsolation"),
        ("Processing", "AppSpecification/ContainerArguments/0"),
        ("Processing", "Environment/MODE"),
        ("Training", "HyperParameters/depth"),
        ("RegisterModel", "CustomerMetadataProperties/package_sha256"),
    ],
)
def test_a_reference_is_accepted_wherever_a_scalar_is_expected(kind, path, reference):
    assert found(kind, with_(WHOLE[kind], path, reference)) == []


@pytest.mark.parametrize("path", ["AppSpecification", "ProcessingInputs", "ProcessingInputs/0", "Environment", "Tags"])
def test_a_property_is_accepted_for_an_object_or_a_list_and_a_join_is_not(path):
    assert found("Processing", with_(PROCESSING, path, Get("Steps.a.ProcessingInputs"))) == []
    assert [code for code, _ in found("Processing", with_(PROCESSING, path, JOIN))] == ["DEF132"]


def test_a_join_of_literals_is_the_text_that_it_will_be():
    assert found("Processing", with_(PROCESSING, f"{INPUT}/S3Uri", Join("/", ["s3:/", "bucket", "key"]))) == []
    assert found("Processing", with_(PROCESSING, f"{INPUT}/S3Uri", Join("/", ["bucket", 1]))) == []  # not text alone


@pytest.mark.parametrize("name", ["RoleArn", "ProcessingJobName"])
def test_what_pipelines_fills_may_be_missing_and_may_be_there(name):
    without = {key: value for key, value in PROCESSING.items() if key != name}
    assert found("Processing", without) == []
    assert found("Processing", {**PROCESSING, "ProcessingJobName": "prefix"}) == []


def test_a_member_that_is_null_is_one_that_is_not_there():
    assert found("Training", {**TRAINING, "MlflowConfig": None, "Unheard": None, "Tags": None}) == []


def test_a_whole_number_may_be_written_with_a_point():
    assert found("Processing", with_(PROCESSING, f"{CLUSTER}/VolumeSizeInGB", 30.0)) == []
    assert found("Processing", with_(PROCESSING, f"{CLUSTER}/VolumeSizeInGB", float("inf"))) != []


@pytest.mark.parametrize("kind", WHOLE)
def test_each_finding_has_its_fix(kind):
    assert all(
        str(finding.suggestion)
        for path in MUTATIONS
        if path[0] == kind
        for finding in findings(kind, with_(WHOLE[kind], path[1], *path[2]))
    )


def test_tags_of_a_registration_without_a_group_are_not_refused():
    assert found("RegisterModel", {"Tags": [{"Key": "a", "Value": "b"}]}) == []


OTHERS = {
    "Tuning": {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1},
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": "s3://b/k"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        },
    },
    "Transform": {
        "ModelName": Get("Steps.model.ModelName"),
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/k"}}},
        "TransformOutput": {"S3OutputPath": "s3://b/k"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    },
    "Model": {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://b/k"}},
    "EndpointConfig": {"ProductionVariants": [{"VariantName": "all", "ModelName": "m", "InitialInstanceCount": 1}]},
    "Endpoint": {"EndpointConfigName": Get("Steps.config.EndpointConfigName")},
    "InferenceComponent": {"EndpointName": "e", "Specification": {"ModelName": "m"}},
    "AutoML": {
        "InputDataConfig": [{"TargetAttributeName": "y"}],
        "OutputDataConfig": {"S3OutputPath": "s3://b/k"},
        "AutoMLJobConfig": {"Mode": "ENSEMBLING"},
    },
    "QualityCheck": PROCESSING,
    "ClarifyCheck": PROCESSING,
    "NotebookJob": TRAINING,
}


@pytest.mark.parametrize("kind", OTHERS)
def test_steps_of_the_other_types_are_held_against_their_own_requests(kind):
    assert found(kind, OTHERS[kind]) == []
    assert found(kind, {**OTHERS[kind], "Unheard": 1}) == [("DEF130", "Arguments.Unheard")]


@pytest.mark.parametrize(
    "kind", ["Condition", "Fail", "Lambda", "Callback", "EMR", "EMRServerless", "Lineage", "Quantum"]
)
def test_arguments_that_are_pipelines_own_or_of_an_unknown_type_are_left_alone(kind):
    assert found(kind, {"Unheard": 1}) == []


def test_what_pipelines_refuses_of_its_own_arguments_is_found():
    cluster = {"Instances": {"TerminationProtected": True}, "Name": "a"}
    assert found("EMR", {"StepConfig": {}, "ClusterConfig": cluster}) == [
        ("DEF138", "Arguments.ClusterConfig.Name"),
        ("DEF138", "Arguments.ClusterConfig.Instances.TerminationProtected"),
    ]
    assert found("Model", with_(OTHERS["Model"], "PrimaryContainer/AdditionalModelDataSources", [])) == [
        ("DEF138", "Arguments.PrimaryContainer.AdditionalModelDataSources")
    ]


def test_steps_in_the_branches_of_a_condition_are_checked_too():
    inner = Step("inner", "Processing", with_(PROCESSING, "AppSpecification"))
    outer = Step("outer", "Condition", {"Conditions": [], "IfSteps": [inner], "ElseSteps": []})
    assert [(finding.code, finding.where) for finding in check_arguments(PipelineDefinition((outer,)))] == [
        ("DEF131", "steps.inner.Arguments.AppSpecification")
    ]


FILES = (PropertyFile("facts", "train", "facts.json"),)


def test_a_member_beside_the_arguments_is_one_that_the_type_has(snapshot):
    beside = {"depends_on": ("a",), "cache": CacheConfig(enabled=True), "property_files": FILES}
    assert found("Processing", PROCESSING, **beside, others={"DisplayName": "One", "Description": "two"}) == []
    assert found("Training", TRAINING, property_files=FILES) == [("DEF139", "PropertyFiles")]
    assert found("RegisterModel", REGISTRATION, cache=CacheConfig(enabled=True)) == [("DEF139", "CacheConfig")]
    finding = only("Lambda", {}, others={"FunctionArn": "arn", "OutputParameter": []})
    assert (finding.code, finding.where) == ("DEF139", "steps.one.OutputParameter")
    snapshot(finding)


def test_every_fault_of_a_definition_is_found_at_once_in_the_order_of_the_steps():
    steps = (
        Step("a", "Processing", with_(with_(PROCESSING, "AppSpecification"), "RoleArn", 5)),
        Step("b", "Training", with_(TRAINING, "OutputDataConfig")),
    )
    assert [(finding.code, finding.where) for finding in check_arguments(PipelineDefinition(steps))] == [
        ("DEF132", "steps.a.Arguments.RoleArn"),
        ("DEF131", "steps.a.Arguments.AppSpecification"),
        ("DEF131", "steps.b.Arguments.OutputDataConfig"),
    ]


def with_parameter(parameter, member, value=None):
    """The processing job with a parameter as the value of one member of its cluster, or with what is given there."""
    arguments = copy.deepcopy(PROCESSING)
    arguments["ProcessingResources"]["ClusterConfig"][member] = value or parameter.reference
    return check_arguments(PipelineDefinition((Step("one", "Processing", arguments),), (parameter,)))


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("String", "InstanceCount"),
        ("Float", "InstanceCount"),
        ("Boolean", "VolumeSizeInGB"),
        ("Integer", "InstanceType"),
    ],
)
def test_a_parameter_of_a_type_that_the_service_does_not_take_there_is_a_finding(snapshot, kind, member):
    (finding,) = with_parameter(Parameter("P", kind), member)
    place = f"steps.one.Arguments.ProcessingResources.ClusterConfig.{member}"
    assert (finding.code, finding.where, finding.is_warning) == ("DEF120", place, False)
    snapshot(finding)


def test_a_parameter_that_is_no_text_may_be_made_text():
    joined = Join("", [Get("Parameters.P")])
    assert with_parameter(Parameter("P", "Integer"), "InstanceType", joined) == []


@pytest.mark.parametrize(
    ("parameter", "member", "codes"),
    [
        (Parameter("P", "String", "ml.m5.large"), "InstanceType", []),
        (Parameter("P", "String", ""), "InstanceType", []),
        (Parameter("P", "String", "ml.m5.larg"), "InstanceType", ["DEF133"]),
        (Parameter("P", "String", None, ("ml.m5.large", "large")), "InstanceType", ["DEF133"]),
        (Parameter("P", "Integer", 3), "InstanceCount", []),
        (Parameter("P", "Integer", 0), "InstanceCount", ["DEF137"]),
    ],
)
def test_a_parameters_values_that_do_not_fit_are_warnings(parameter, member, codes):
    findings = with_parameter(parameter, member)
    assert [(one.code, one.where, one.is_warning) for one in findings] == [
        (code, "parameters.P", True) for code in codes
    ]


def test_a_default_that_fits_nowhere_is_told_once(snapshot):
    steps = tuple(Step(name, "Processing", {**PROCESSING, "RoleArn": Get("Parameters.P")}) for name in "ab")
    (finding,) = check_arguments(PipelineDefinition(steps, (Parameter("P", "String", "no role at all, by its looks"),)))
    assert (finding.code, finding.where) == ("DEF134", "parameters.P")
    snapshot(finding)
