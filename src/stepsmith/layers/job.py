"""The request of a processing job, derived from a contract's ports and a config.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepsmith.definition.references import Get, Join, Reference
from stepsmith.diagnostics import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from stepsmith.definition.references import Value
    from stepsmith.layers.contract import ScriptContract

CODE_FOLDER = "/opt/ml/processing/input/code"
CODE_INPUT = "code"
# Source: the shape ContainerArgument in botocore's sagemaker/2017-07-24 service model.
ARGUMENT_CHARACTERS = 256
EXECUTION_ID = Get("Execution.PipelineExecutionId")


def job_arguments(
    contract: ScriptContract,
    config: Any,
    *,
    image: Value,
    role: Value,
    inputs: Mapping[str, Value],
    code: str,
    output_folder: Join,
    environment: Mapping[str, Value],
) -> dict[str, Any]:
    """The request of CreateProcessingJob; `inputs` has the S3 URI of each filled port, `code` that of the script.

    Each output lies below `output_folder` under its own name, so that no two executions or steps share a key.
    """
    arguments: dict[str, Any] = {
        "ProcessingResources": {"ClusterConfig": _cluster(config)},
        "AppSpecification": {
            "ImageUri": image,
            "ContainerEntrypoint": ["python3", f"{CODE_FOLDER}/{contract.entry_point}"],
        },
        "RoleArn": role,
        "ProcessingInputs": [
            *(_input(port, s3_uri, contract.folder(port)) for port, s3_uri in inputs.items()),
            _input(CODE_INPUT, code, CODE_FOLDER),
        ],
        "ProcessingOutputConfig": {
            "Outputs": [_output(port, output_folder, contract.folder(port)) for port in contract.expected_output_paths]
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": config.max_runtime_seconds},
    }
    if given := _container_arguments(contract, config, inputs):
        arguments["AppSpecification"]["ContainerArguments"] = given
    if config.output_kms_key:
        arguments["ProcessingOutputConfig"]["KmsKeyId"] = config.output_kms_key
    if environment:
        arguments["Environment"] = dict(environment)
    if network := _network(config):
        arguments["NetworkConfig"] = network
    if config.tags:
        arguments["Tags"] = [{"Key": key, "Value": value} for key, value in config.tags.items()]
    return arguments


def _cluster(config: Any) -> dict[str, Any]:
    cluster = {
        "InstanceType": config.instance_type,
        "InstanceCount": config.instance_count,
        "VolumeSizeInGB": config.volume_size_gb,
    }
    if config.volume_kms_key:
        cluster["VolumeKmsKeyId"] = config.volume_kms_key
    return cluster


def _container_arguments(contract: ScriptContract, config: Any, filled: Collection[str]) -> list[Value]:
    """Each argument with the path of its port or the value of its field; one that has neither is left out."""
    written: list[Value] = []
    for name, meaning in contract.expected_arguments.items():
        value: Value | None = contract.ports.get(meaning)
        if value is None:
            value = _argument(getattr(config, meaning, None))
        elif meaning in contract.expected_input_paths and meaning not in filled:
            value = None
        if isinstance(value, str) and value.startswith("-"):
            # Standing alone it would be taken for an argument's name.
            written.append(_short_enough(f"--{name}={value}", meaning))
        elif value is not None:
            written += [f"--{name}", _short_enough(value, meaning)]
    return written


def _short_enough(value: Value, field: str) -> Value:
    if isinstance(value, str) and len(value) > ARGUMENT_CHARACTERS:
        what = f"{field} is over {ARGUMENT_CHARACTERS} characters long, which the service refuses as an argument"
        raise ConfigError("STP215", what, where=field, fix="shorten it")
    return value


def _argument(value: Any) -> Value | None:
    """A config's value as one argument: lists with commas, switches as true and false."""
    if value is None or isinstance(value, Reference):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value) if value else None
    return str(value)


def _input(name: str, s3_uri: Value, folder: str) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": s3_uri,
            "LocalPath": folder,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        },
    }


def _output(name: str, below: Join, folder: str) -> dict[str, Any]:
    s3_uri = Join(below.on, [*below.values, name])
    return {"OutputName": name, "S3Output": {"S3Uri": s3_uri, "LocalPath": folder, "S3UploadMode": "EndOfJob"}}


def _network(config: Any) -> dict[str, Any]:
    network: dict[str, Any] = {}
    if config.encrypt_inter_container_traffic:
        network["EnableInterContainerTrafficEncryption"] = config.encrypt_inter_container_traffic
    if config.enable_network_isolation:
        network["EnableNetworkIsolation"] = config.enable_network_isolation
    if config.subnets:
        network["VpcConfig"] = {
            "SecurityGroupIds": list(config.security_group_ids),
            "Subnets": list(config.subnets),
        }
    return network
