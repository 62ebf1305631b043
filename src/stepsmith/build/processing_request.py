"""The request of a processing job, derived from a contract's ports and a config.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.build.request_table import Argument, Traced, request_of
from stepsmith.definition.references import Get, Join, Reference
from stepsmith.diagnostics import About, ConfigError, Rule
from stepsmith.sagemaker.limits import CONTAINER_ARGUMENT_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.build.request_table import Request
    from stepsmith.definition.references import Value
    from stepsmith.diagnostics import Faults
    from stepsmith.diagnostics.finding import Path
    from stepsmith.step.contract import ScriptContract

CODE_FOLDER = "/opt/ml/processing/input/code"
CODE_INPUT = "code"
EXECUTION_ID = Get("Execution.PipelineExecutionId")


# The arguments in their order. A value that is no field is computed by `processing_job_request`.
_TABLE = (
    Argument(("ProcessingResources", "ClusterConfig", "InstanceType"), "instance_type"),
    Argument(("ProcessingResources", "ClusterConfig", "InstanceCount"), "instance_count"),
    Argument(("ProcessingResources", "ClusterConfig", "VolumeSizeInGB"), "volume_size_gb"),
    Argument(("ProcessingResources", "ClusterConfig", "VolumeKmsKeyId"), "volume_kms_key"),
    Argument(("AppSpecification", "ImageUri"), "image_uri"),
    Argument(("AppSpecification", "ContainerEntrypoint"), "entry_point of the contract"),
    Argument(("AppSpecification", "ContainerArguments"), "arguments of the contract"),
    Argument(("RoleArn",), "role"),
    Argument(("ProcessingInputs",), "inputs of the contract"),
    Argument(("ProcessingOutputConfig", "Outputs"), "outputs of the contract"),
    Argument(("ProcessingOutputConfig", "KmsKeyId"), "output_kms_key"),
    Argument(("StoppingCondition", "MaxRuntimeInSeconds"), "max_runtime_seconds"),
    Argument(("Environment",), "env"),
    Argument(("NetworkConfig", "EnableInterContainerTrafficEncryption"), "encrypt_inter_container_traffic"),
    Argument(("NetworkConfig", "EnableNetworkIsolation"), "enable_network_isolation"),
    Argument(("NetworkConfig", "VpcConfig", "SecurityGroupIds"), "security_group_ids"),
    Argument(("NetworkConfig", "VpcConfig", "Subnets"), "subnets"),
    Argument(("Tags",), "tags"),
)


@dataclass(frozen=True, slots=True)
class PortValue:
    """An input of a job: its S3 URI, the field that fills it, and the environment variables that come with it."""

    s3_uri: Value
    field: str
    environment: Mapping[str, Value] = dataclasses.field(default_factory=dict)


def processing_job_request(
    contract: ScriptContract,
    config: Any,
    faults: Faults,
    *,
    image: Value,
    role: Value,
    inputs: Mapping[str, PortValue],
    code: str,
    output_folder: Join,
) -> Request:
    """The request of CreateProcessingJob; `inputs` has each port that is filled, `code` is the script's S3 URI.

    Each output is below `output_folder` under its own name, so that no two executions or steps share a key. Adds a
    ConfigError to `faults` for each value that is too long for an argument.
    """
    outputs = [_output(port, output_folder, contract.folder(port)) for port in contract.expected_output_paths]
    computed = {
        "image_uri": image,
        "role": role,
        "entry_point of the contract": ["python3", f"{CODE_FOLDER}/{contract.entry_point}"],
        "arguments of the contract": _container_arguments(contract, config, inputs, faults),
        "inputs of the contract": _inputs(contract, inputs, code),
        "outputs of the contract": Traced(outputs, {(): ("pipeline_s3_loc",)}),
        "env": _environment(config, inputs),
        "tags": Traced(
            tuple({"Key": key, "Value": value} for key, value in config.tags.items()),
            {(index, member): ("tags", key) for index, key in enumerate(config.tags) for member in ("Key", "Value")},
        ),
    }
    return request_of(_TABLE, config, computed)


def _inputs(contract: ScriptContract, inputs: Mapping[str, PortValue], code: str) -> Traced:
    values = [_input(port, port_value.s3_uri, contract.folder(port)) for port, port_value in inputs.items()]
    origins: dict[Path, Path] = {(index,): (port_value.field,) for index, port_value in enumerate(inputs.values())}
    origins[len(values),] = ("pipeline_s3_loc",)
    return Traced([*values, _input(CODE_INPUT, code, CODE_FOLDER)], origins)


def _environment(config: Any, inputs: Mapping[str, PortValue]) -> Traced:
    values: dict[str, Value] = dict(config.env)
    origins: dict[Path, Path] = {}
    origins.update({(name,): ("env", name) for name in config.env})
    for port_value in inputs.values():
        values |= port_value.environment
        origins.update({(name,): (port_value.field,) for name in port_value.environment})
    return Traced(values, origins)


def _container_arguments(
    contract: ScriptContract, config: Any, filled: Mapping[str, PortValue], faults: Faults
) -> Traced | None:
    """Each argument with the path of its port or the value of its field; one that has neither is left out."""
    arguments: list[Value] = []
    origins: dict[Path, Path] = {}
    for name, meaning in contract.expected_arguments.items():
        value: Value | None = contract.ports.get(meaning)
        if value is None:
            value = _argument(getattr(config, meaning, None))
        elif meaning in contract.expected_input_paths and meaning not in filled:
            value = None
        if value is None:
            continue
        # A value that begins with a dash would be taken for the name of an argument.
        is_option = isinstance(value, str) and value.startswith("-")
        arguments += [f"--{name}={value}"] if is_option else [f"--{name}", value]
        origins[len(arguments) - 1,] = (filled[meaning].field if meaning in filled else meaning,)
        _refuse_long(arguments[-1], meaning, faults)
    return Traced(arguments, origins) if arguments else None


def _refuse_long(value: Value, field: str, faults: Faults) -> None:
    most = CONTAINER_ARGUMENT_CHARACTERS
    if isinstance(value, str) and len(value) > most:
        message = f"{field} is over {most} characters long, which the service refuses as an argument"
        faults.add(ConfigError("STP215", message, where=field, fix="shorten it"))


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


RULES = (
    Rule(
        "STP215",
        "An argument that is too long",
        "SageMaker accepts at most 256 characters per container argument.",
        About.PIPELINE,
        "Shorten the value of the field, or pass it to the script in a file.",
    ),
)
