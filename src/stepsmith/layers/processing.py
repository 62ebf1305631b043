"""What is the same for every Processing step: the request, derived from the contract's ports and the config.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar

from stepsmith.definition.references import Get, Join, Reference
from stepsmith.errors import ConfigError, Faults
from stepsmith.layers.builder import Inputs, Parts, StepBuilderBase
from stepsmith.layers.images import processing_image
from stepsmith.layers.staging import checked_s3_uri, is_s3, staged_code, staged_files

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from importlib.resources.abc import Traversable

    from stepsmith.definition.assets import Asset
    from stepsmith.definition.model import PropertyFile
    from stepsmith.definition.references import Value
    from stepsmith.layers.contract import ScriptContract

CODE_FOLDER = "/opt/ml/processing/input/code"
CODE_INPUT = "code"
SCRIPT_NAME = "script.py"
# Source: the shape ProcessingEnvironmentValue in botocore's sagemaker/2017-07-24 service model.
ENVIRONMENT_VALUE_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class Staged:
    """An input: the S3 URI that the definition names, the asset behind it, and what the script is told of it."""

    s3_uri: Value
    asset: Asset | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, Value] = field(default_factory=dict)


class ProcessingStepBuilder(StepBuilderBase):
    """Makes a Processing step. A step's own builder says only what is special about it."""

    service_type = "Processing"
    # The config field that fills a port, where it has not the port's own name.
    fields_of_ports: ClassVar[Mapping[str, str]] = {}
    # Whether all instances would write one key, so that more than one is refused.
    single_instance: ClassVar[bool] = False
    property_files: ClassVar[tuple[PropertyFile, ...]] = ()

    def validate_configuration(self, provided: Collection[str] = ()) -> None:
        """Checks what every Processing step needs, and the inputs as the step's own builder does."""
        faults = Faults()
        self._check_settings(faults)
        with faults.caught():
            self.validate_inputs(provided)
        faults.raise_if_any()

    def check_alone(self) -> None:
        """Checks the config and the files that it names, whatever stands before the step."""
        faults = Faults()
        self._check_settings(faults)
        names = {dependency.logical_name for dependency in self.specification.dependencies}
        with faults.caught():
            self.validate_inputs(names - self.written_inputs())
            self._staged(Inputs("", {}, []))
        faults.raise_if_any()

    def _check_settings(self, faults: Faults) -> None:
        with faults.caught():
            self._check_location()
        with faults.caught():
            _ = self.image
        with faults.caught():
            self._check_instance_count()
        with faults.caught():
            self._check_environment()
        with faults.caught():
            self._check_vpc()

    def validate_inputs(self, provided: Collection[str]) -> None:
        """Checks the files that the config names, apart from the inputs that other steps provide."""

    def provided(self, port: str, location: Get) -> Staged:  # noqa: ARG002 - a step may tell its script more of a port
        """What another step provides for a port, as an input."""
        return Staged(location)

    def stage(self, port: str, written: Any) -> Staged:
        """What the user wrote for a port, as an input: S3 URIs and references as they are, files as an asset."""
        if isinstance(written, Reference):
            return Staged(written)
        if is_s3(written):
            return Staged(checked_s3_uri(written, key_needed=False))
        asset = staged_files(str(written), self.base_dir, f"{self.location}/input", port)
        return Staged(asset.uri, asset)

    def provenance(self, inputs: Inputs, staged: Mapping[str, Staged]) -> Mapping[str, Value]:  # noqa: ARG002 - a step with a model answers
        """What the step knows of the model in its outputs."""
        return {}

    def requirements(self, staged: Mapping[str, Staged]) -> tuple[str, ...]:  # noqa: ARG002 - a step may need them for some inputs
        """The packages that the script imports for these inputs."""
        return tuple(self.contract.framework_requirements)

    @property
    def contract(self) -> ScriptContract:
        """The contract of the step's script."""
        contract = self.specification.script_contract
        if contract is None:
            raise ConfigError("STP205", f"{self.specification.step_type} has no script contract")
        return contract

    @property
    def image(self) -> Value:
        """The container image: the config's, or else the region's scikit-learn image."""
        return self.config.image_uri or processing_image(self.config.region)

    @classmethod
    def script(cls) -> Traversable:
        """The script, `script.py` in the package of the builder, or of the nearest class that it derives from."""
        packages = [owner.__module__.rpartition(".")[0] for owner in cls.__mro__]
        scripts = [files(package) / SCRIPT_NAME for package in packages if package]
        return next((script for script in scripts if script.is_file()), scripts[0])

    def parts(self, inputs: Inputs) -> Parts:
        """The request of CreateProcessingJob, with the code and what the config names as assets."""
        staged = self._staged(inputs)
        code = staged_code(self.script(), self.contract.entry_point, f"{self.location}/code", self.requirements(staged))
        return Parts(
            arguments=self._arguments(inputs.step_name, staged, code),
            assets=(code, *(one.asset for one in staged.values() if one.asset)),
            property_files=self.property_files,
            provenance=self.provenance(inputs, staged),
        )

    def _staged(self, inputs: Inputs) -> dict[str, Staged]:
        staged: dict[str, Staged] = {}
        faults = Faults()
        for port in self.contract.expected_input_paths:
            location = inputs.location(port)
            name = self.fields_of_ports.get(port, port)
            written = getattr(self.config, name, None)
            if location is not None:
                staged[port] = self.provided(port, location)
            elif written is not None:
                with faults.caught(name):
                    staged[port] = self.stage(port, _named(written, name))
        faults.raise_if_any()
        return staged

    def _arguments(self, step_name: str, staged: Mapping[str, Staged], code: Asset) -> dict[str, Any]:
        config = self.config
        environment = {**config.env}
        for one in staged.values():
            environment |= one.environment
        cluster = {
            "InstanceType": config.instance_type,
            "InstanceCount": config.instance_count,
            "VolumeSizeInGB": config.volume_size_gb,
        }
        if config.volume_kms_key:
            cluster["VolumeKmsKeyId"] = config.volume_kms_key
        arguments: dict[str, Any] = {
            "ProcessingResources": {"ClusterConfig": cluster},
            "AppSpecification": {
                "ImageUri": self.image,
                "ContainerArguments": self._container_arguments(staged),
                "ContainerEntrypoint": ["python3", f"{CODE_FOLDER}/{self.contract.entry_point}"],
            },
            "RoleArn": self.role,
            "ProcessingInputs": [
                *(_input(port, one.s3_uri, self.contract.folder(port)) for port, one in staged.items()),
                _input(CODE_INPUT, code.uri, CODE_FOLDER),
            ],
            "ProcessingOutputConfig": self._outputs(step_name),
            "StoppingCondition": {"MaxRuntimeInSeconds": config.max_runtime_seconds},
        }
        if environment:
            arguments["Environment"] = environment
        if network := _network(config):
            arguments["NetworkConfig"] = network
        if config.tags:
            arguments["Tags"] = [{"Key": key, "Value": value} for key, value in config.tags.items()]
        return arguments

    def _container_arguments(self, staged: Mapping[str, Staged]) -> list[Value]:
        written: list[Value] = []
        for name, meaning in self.contract.expected_arguments.items():
            value: Value | None = self.contract.ports.get(meaning)
            if value is None:
                value = _argument(getattr(self.config, meaning, None))
            elif meaning in self.contract.expected_input_paths and meaning not in staged:
                value = None
            if value is not None:
                written += [f"--{name}", value]
        return written

    def _outputs(self, step_name: str) -> dict[str, Any]:
        outputs: dict[str, Any] = {
            "Outputs": [
                {
                    "OutputName": port,
                    "S3Output": {
                        "S3Uri": Join(
                            "/",
                            [
                                f"{self.location}/output",
                                Get("Execution.PipelineExecutionId"),
                                step_name,
                                port,
                            ],
                        ),
                        "LocalPath": self.contract.folder(port),
                        "S3UploadMode": "EndOfJob",
                    },
                }
                for port in self.contract.expected_output_paths
            ]
        }
        if self.config.output_kms_key:
            outputs["KmsKeyId"] = self.config.output_kms_key
        return outputs

    def _check_location(self) -> None:
        if not self.config.pipeline_s3_loc:
            what = "pipeline_s3_loc is not set, so there is no place for the step's objects"
            fix = "set pipeline_s3_loc: s3://bucket/prefix"
            raise ConfigError("STP204", what, where="pipeline_s3_loc", fix=fix)

    def _check_instance_count(self) -> None:
        count = self.config.instance_count
        if self.single_instance and (isinstance(count, Reference) or count > 1):
            raise ConfigError(
                "STP206",
                f"{self.specification.step_type} runs on one instance: several would write one key",
                where="instance_count",
                fix="leave instance_count at 1",
            )

    def _check_vpc(self) -> None:
        if bool(self.config.subnets) != bool(self.config.security_group_ids):
            missing = "security_group_ids" if self.config.subnets else "subnets"
            what = "subnets and security_group_ids belong together"
            raise ConfigError("STP212", what, where=missing, fix=f"set {missing} too, or neither")

    def _check_environment(self) -> None:
        for name in self.contract.required_env_vars:
            if name not in self.config.env:
                what = f"the script needs the environment variable {name}"
                raise ConfigError("STP207", what, where="env", fix=f"set env: {{{name}: ...}}")
        for name, value in self.config.env.items():
            if isinstance(value, str) and len(value) > ENVIRONMENT_VALUE_CHARACTERS:
                what = f"{name} is over {ENVIRONMENT_VALUE_CHARACTERS} characters long, which the service refuses"
                raise ConfigError("STP208", what, where=f"env.{name}", fix="shorten it, or pass it in a file")


def _named(written: Any, name: str) -> Any:
    """What the user wrote; an empty path would mean the whole of the folder that a pipeline lies in."""
    if not isinstance(written, Reference) and not str(written).strip():
        raise ConfigError("STP202", f"{name} is empty", fix=f"set {name} to a file, a folder, an S3 URI or a reference")
    return written


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
