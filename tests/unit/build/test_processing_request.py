from __future__ import annotations

import hashlib

from stepsmith import (
    Get,
    Join,
    TabularPreprocessingConfig,
    TabularPreprocessingStepBuilder,
)
from stepsmith.build.processing_request import CODE_FOLDER
from stepsmith.diagnostics import ConfigError

SHARED = {"region": "eu-west-1", "pipeline_s3_loc": "s3://bucket/x", "role": "arn:role"}


def test_the_whole_request_follows_from_contract_and_config(request_of, model_archive):
    step = request_of()
    digest = hashlib.sha256(model_archive().read_bytes()).hexdigest()
    code = step.assets[0]
    assert step.definition_step.type == "Processing"
    assert step.definition_step.arguments == {
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
        },
        "AppSpecification": {
            "ImageUri": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
            "ContainerArguments": [
                "--pretrained-model-path",
                "/opt/ml/processing/input/model/model.tar.gz",
                "--output-dir",
                "/opt/ml/processing/output/model",
            ],
            "ContainerEntrypoint": ["python3", f"{CODE_FOLDER}/dummy_training.py"],
        },
        "RoleArn": "arn:role",
        "ProcessingInputs": [
            processing_input(
                "pretrained_model_path",
                f"s3://bucket/x/dummy_training/input/{digest}/",
                "/opt/ml/processing/input/model",
            ),
            processing_input("code", f"s3://bucket/x/dummy_training/code/{code.digest}/", CODE_FOLDER),
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "model_output",
                    "S3Output": {
                        "S3Uri": Join(
                            "/",
                            [
                                "s3://bucket/x/dummy_training/output",
                                Get("Execution.PipelineExecutionId"),
                                "model",
                                "model_output",
                            ],
                        ),
                        "LocalPath": "/opt/ml/processing/output/model",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 1200},
        "Environment": {"EXPECTED_MODEL_SHA256": digest},
    }


def processing_input(name, uri, folder):
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": folder,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        },
    }


def test_vpc_kms_and_tags_stand_where_the_service_wants_them(request_of):
    arguments = request_of(
        subnets=["subnet-1"],
        security_group_ids=["sg-1"],
        enable_network_isolation=True,
        encrypt_inter_container_traffic=True,
        volume_kms_key="volume-key",
        output_kms_key="output-key",
        tags={"team": "risk"},
        env={"LEVEL": "1"},
        image_uri=Get("Parameters.Image"),
    ).definition_step.arguments
    assert arguments["NetworkConfig"] == {
        "EnableInterContainerTrafficEncryption": True,
        "EnableNetworkIsolation": True,
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
    }
    assert arguments["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == "volume-key"
    assert arguments["ProcessingOutputConfig"]["KmsKeyId"] == "output-key"
    assert arguments["Tags"] == [{"Key": "team", "Value": "risk"}]
    assert arguments["Environment"]["LEVEL"] == "1"
    assert arguments["AppSpecification"]["ImageUri"] == Get("Parameters.Image")


def test_a_value_that_looks_like_an_argument_is_still_a_value(tmp_path):
    (tmp_path / "d.csv").write_text("-y,b\n1,2\n")
    config = TabularPreprocessingConfig(data="d.csv", label="-y", **SHARED)
    step = TabularPreprocessingStepBuilder(config, base_dir=tmp_path).create_step()
    assert "--label=-y" in step.definition_step.arguments["AppSpecification"]["ContainerArguments"]


def test_an_argument_that_the_service_refuses_is_refused(expect_error, tmp_path):
    (tmp_path / "d.csv").write_text("y" * 257 + ",b\n1,2\n")
    config = TabularPreprocessingConfig(data="d.csv", label="y" * 257, **SHARED)
    with expect_error("STP215", "label", kind=ConfigError):
        TabularPreprocessingStepBuilder(config, base_dir=tmp_path).create_step()


def test_a_config_field_is_an_argument_and_one_that_is_not_set_is_none(tmp_path):
    (tmp_path / "d.csv").write_text("a,b\n1,2\n")
    config = TabularPreprocessingConfig(data="d.csv", label=Get("Parameters.Label"), stratify=True, **SHARED)
    step = TabularPreprocessingStepBuilder(config, base_dir=tmp_path).create_step()
    arguments = step.definition_step.arguments["AppSpecification"]["ContainerArguments"]
    pairs = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert pairs["--label"] == Get("Parameters.Label")
    assert pairs["--stratify"] == "true"
    assert pairs["--train-ratio"] == "0.7"
