import subprocess
import sys

import pytest

from stepsmith.sagemaker.service_model import Service, compiled_pattern, matches_pattern, service

# Patterns of the model that Python cannot be brought to read; what matches them is not checked.
UNREADABLE: set[str] = set()


def test_a_shape_says_what_the_model_says_of_it():
    request = service().input_of("CreateProcessingJob")
    assert request.type == "structure"
    assert {"ProcessingJobName", "ProcessingResources", "AppSpecification", "RoleArn"} == set(request.required)
    inputs = service().shape(request.members["ProcessingInputs"])
    assert inputs.type == "list"
    assert service().shape(inputs.item).name == "ProcessingInput"
    environment = service().shape(request.members["Environment"])
    assert (environment.type, environment.most) == ("map", 100)
    assert service().shape(environment.item).most == 256
    assert "S3Prefix" in service().shape("ProcessingS3DataType").enum


def test_the_model_is_read_once():
    assert service() is service("sagemaker")
    assert service().shape("Tag") is service().shape("Tag")


def test_the_models_of_other_services_can_be_read_too():
    assert "Step" in service("emr").output_of("DescribeStep").members


def test_an_operation_that_the_service_does_not_have_takes_and_gives_nothing():
    assert service().input_of("CreateProcessingJobs") is None
    assert service().output_of("CreateProcessingJobs") is None
    assert Service({"operations": {"Ping": {}}, "shapes": {}}).input_of("Ping") is None


def test_a_service_that_is_not_installed_is_an_error_that_says_what_to_install(expect_error):
    with expect_error("DEF149"):
        service("sagemakr")


def test_every_pattern_of_the_model_can_be_read():
    patterns = {service().shape(name).pattern for name in service().shape_names}
    assert len(patterns) > 100
    assert {pattern for pattern in patterns if compiled_pattern(pattern) is None} == UNREADABLE


def test_a_pattern_that_cannot_be_read_is_neither_matched_nor_missed():
    assert matches_pattern("[", "a") is None


@pytest.mark.parametrize(
    ("shape", "good", "bad"),
    [
        ("RoleArn", "arn:aws:iam::123456789012:role/Name", "arn:aws:iam::12345:role/Name"),
        ("RoleArn", "arn:aws-cn:iam::123456789012:role/a/b", "Name"),
        ("ProcessingJobName", "a-1", "a_1"),
        ("ProcessingJobName", "a", "a\n"),
        ("TagKey", "größe:_x 漢", "a#b"),
        ("TagValue", "", "😀"),
        ("EntityDescription", "price in €, 😀 – all «scripts»", "a\nb"),
        ("CustomerMetadataKey", "source_sha256", "a{b}"),
        ("CustomerMetadataValue", "s3://b/k", "a;b"),
        ("AthenaCatalog", "a\t😀\ud7ff", "a\nb"),
        ("TrainingRepositoryCredentialsProviderArn", "arn:aws:lambda:eu-1:123456789012:function:f", "arn:é:lambda:"),
        ("S3Uri", "s3://bucket/key", "bucket/key"),
        ("AccountId", "123456789012", "١٢٣"),  # \d is of ASCII
        ("EntityName", "a--b", "-a"),
        ("ModelPackageSourceUri", "a/b", "a^b"),
        ("CodeRepositoryNameOrUrl", "https://host/x", "https:/x"),
    ],
)
def test_a_pattern_means_what_it_means_to_the_service(shape, good, bad):
    pattern = service().shape(shape).pattern
    assert matches_pattern(pattern, good) is True
    assert matches_pattern(pattern, bad) is False


def test_importing_the_definition_loads_neither_botocore_nor_its_data():
    code = (
        "import sys, stepsmith.definition, stepsmith.sagemaker.service_model as s\n"
        "import stepsmith.definition.checks.arguments, stepsmith.definition.checks.properties\n"
        "assert s._read.cache_info().currsize == 0\n"
        "s.service().input_of('CreateModel')\n"
        "assert not {'botocore', 'boto3'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
