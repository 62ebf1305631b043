"""What is the same for every Processing step: what fills its ports, and what its config must have."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import TypeVar

from stepsmith.build.builder import StepBuilderBase
from stepsmith.build.processing_request import EXECUTION_ID, PortValue, processing_job_request
from stepsmith.build.staging import is_s3, require_s3_uri, stage_code, stage_files
from stepsmith.build.step_request import StepInputs, StepRequest
from stepsmith.definition.references import Join, Reference
from stepsmith.diagnostics import ANY_KEY, About, ConfigError, Example, Faults, Rule, StepsmithError
from stepsmith.resolve.resolver import UNKNOWN
from stepsmith.sagemaker.identifiers import VARIABLE_NAME
from stepsmith.sagemaker.images import processing_image
from stepsmith.sagemaker.limits import ENVIRONMENT_VALUE_CHARACTERS
from stepsmith.step.config import ProcessingStepConfigBase

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from importlib.resources.abc import Traversable

    from stepsmith.definition.assets import Asset
    from stepsmith.definition.model import PropertyFile
    from stepsmith.definition.references import Value
    from stepsmith.diagnostics import Finding
    from stepsmith.step.contract import ScriptContract

ConfigT = TypeVar("ConfigT", bound=ProcessingStepConfigBase, default=Any)
SCRIPT_NAME = "script.py"


@dataclass(frozen=True, slots=True)
class ResolvedInput:
    """An input: the S3 URI that the definition names, the asset behind it, and what the script is told of it."""

    s3_uri: Value
    asset: Asset | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, Value] = field(default_factory=dict)


class ProcessingStepBuilder(StepBuilderBase[ConfigT]):
    """Makes a Processing step. A step's own builder says only what is special about it."""

    service_type = "Processing"
    # The config field that fills a port, where it has not the port's own name.
    fields_of_ports: ClassVar[Mapping[str, str]] = {}
    # Whether all instances would write one key, so that more than one is refused.
    single_instance: ClassVar[bool] = False
    property_files: ClassVar[tuple[PropertyFile, ...]] = ()
    # The packages that the script imports to read objects whose names end so.
    requirements_by_suffix: ClassVar[tuple[tuple[str, str], ...]] = ()

    def validate_configuration(self, provided: Collection[str] = ()) -> None:
        """Checks what every Processing step needs, and the inputs as the step's own builder does."""
        faults = Faults()
        self._check_settings(faults)
        with faults.collect():
            self.validate_inputs(provided)
        faults.raise_if_any()

    def _check_settings(self, faults: Faults) -> None:
        with faults.collect():
            self._check_location()
        with faults.collect():
            _ = self.image
        with faults.collect():
            self._check_instance_count()
        with faults.collect():
            self._check_environment()
        with faults.collect():
            self._check_vpc()

    def validate_inputs(self, provided: Collection[str]) -> None:
        """Checks the files that the config names, apart from the inputs that other steps provide."""

    def provided(self, inputs: StepInputs, port: str, location: Value) -> ResolvedInput:  # noqa: ARG002 - a step may tell its script more
        """What another step provides for a port, as an input."""
        return ResolvedInput(location)

    def stage(self, port: str, written: Any) -> ResolvedInput:
        """What the user wrote for a port, as an input: S3 URIs and references as they are, files as an asset."""
        if isinstance(written, Reference):
            return ResolvedInput(written)
        if is_s3(written):
            return ResolvedInput(require_s3_uri(written, key_needed=False))
        asset = stage_files(str(written), self.base_dir, f"{self.location}/input", port, digests=self.digests)
        return ResolvedInput(asset.uri, asset)

    def provenance(self, inputs: StepInputs, resolved_inputs: Mapping[str, ResolvedInput]) -> Mapping[str, Value]:  # noqa: ARG002 - a step with a model answers
        """What the step knows of the model in its outputs."""
        return {}

    def requirements(self, resolved_inputs: Mapping[str, ResolvedInput]) -> tuple[str, ...]:  # noqa: ARG002 - a step may need them for some inputs
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
        return _script_of(cls)

    def parts(self, inputs: StepInputs) -> StepRequest:
        """The request of CreateProcessingJob, with the code and what the config names as assets."""
        resolved_inputs = self._resolve_inputs(inputs)
        code = stage_code(
            self.script(),
            self.contract.entry_point,
            f"{self.location}/code",
            self.requirements(resolved_inputs),
            self.requirements_by_suffix,
        )
        image: Value = UNKNOWN
        with inputs.faults.collect():
            image = self.image
        request = processing_job_request(
            self.contract,
            self.config,
            inputs.faults,
            image=image,
            role=self.role,
            inputs={
                port: PortValue(resolved.s3_uri, self._field(port), resolved.environment)
                for port, resolved in resolved_inputs.items()
            },
            code=code.uri,
            output_folder=Join("/", [f"{self.location}/output", EXECUTION_ID, inputs.step_name]),
        )
        return StepRequest(
            request.arguments,
            assets=(code, *(resolved.asset for resolved in resolved_inputs.values() if resolved.asset)),
            property_files=self.property_files,
            provenance=self.provenance(inputs, resolved_inputs),
            origins=request.origins,
        )

    def _field(self, port: str) -> str:
        return self.fields_of_ports.get(port, port)

    def _resolve_inputs(self, inputs: StepInputs) -> dict[str, ResolvedInput]:
        """What fills each port; something unknown stands in for one that is at fault."""
        resolved_inputs: dict[str, ResolvedInput] = {}
        for port in self.contract.expected_input_paths:
            location = inputs.location(port)
            name = self._field(port)
            written = getattr(self.config, name, None)
            if location is None and written is None:
                continue
            resolved_inputs[port] = ResolvedInput(UNKNOWN)
            if any(finding.path[:1] == (name,) for finding in inputs.faults.findings):
                continue
            with inputs.faults.collect():
                try:
                    if location is not None:
                        resolved_inputs[port] = self.provided(inputs, port, location)
                    else:
                        resolved_inputs[port] = self.stage(port, _require_value(written, name))
                except StepsmithError as error:
                    raise error.mapped(lambda finding, name=name: self._at_field(finding, name)) from None  # type: ignore[misc]
        return resolved_inputs

    def _at_field(self, finding: Finding, name: str) -> Finding:
        """A finding of staging, at the field that it names or else at the one that was staged."""
        return (
            finding if finding.path[:1] and finding.path[0] in type(self.config).model_fields else finding.inside(name)
        )

    def _check_location(self) -> None:
        if not self.config.pipeline_s3_loc:
            message = "pipeline_s3_loc is not set, so there is no place for the step's objects"
            fix = "set pipeline_s3_loc: s3://bucket/prefix"
            raise ConfigError("STP204", message, where="pipeline_s3_loc", fix=fix, requires=[(ANY_KEY,)])

    def _check_instance_count(self) -> None:
        count = self.config.instance_count
        if self.single_instance and (isinstance(count, Reference) or count > 1):
            raise ConfigError(
                "STP206",
                "the step runs on one instance: several would write one key",
                where="instance_count",
                fix="leave instance_count at 1",
            )

    def _check_vpc(self) -> None:
        if bool(self.config.subnets) != bool(self.config.security_group_ids):
            missing = "security_group_ids" if self.config.subnets else "subnets"
            message = "subnets and security_group_ids belong together"
            raise ConfigError("STP212", message, where=missing, fix=f"set {missing} too, or neither")

    def _check_environment(self) -> None:
        for name in self.contract.required_env_vars:
            if name not in self.config.env:
                message = f"the script needs the environment variable {name}"
                raise ConfigError("STP207", message, where="env", fix=f"set env: {{{name}: ...}}")
        for name, value in self.config.env.items():
            if not VARIABLE_NAME.fullmatch(name):
                fix = "use letters, digits and underscores, and no digit first"
                raise ConfigError("STP213", f"{name!r} is no environment variable", where=("env", name), fix=fix)
            if isinstance(value, str) and len(value) > ENVIRONMENT_VALUE_CHARACTERS:
                message = f"{name} is over {ENVIRONMENT_VALUE_CHARACTERS} characters long, which the service refuses"
                raise ConfigError("STP208", message, where=("env", name), fix="shorten it, or pass it in a file")


@cache
def _script_of(builder: type[ProcessingStepBuilder]) -> Traversable:
    own = builder.__mro__[: builder.__mro__.index(ProcessingStepBuilder)]
    packages = [owner.__module__.rpartition(".")[0] for owner in own]
    scripts = [files(package) / SCRIPT_NAME for package in packages if package]
    return next((script for script in scripts if script.is_file()), [*scripts, Path(SCRIPT_NAME)][0])


def _require_value(written: Any, name: str) -> Any:
    """What the user wrote; an empty path would mean the whole of the folder that a pipeline lies in."""
    if not isinstance(written, Reference) and not str(written).strip():
        raise ConfigError("STP202", f"{name} is empty", fix=f"set {name} to a file, a folder, an S3 URI or a reference")
    return written


RULES = (
    Rule(
        "STP202",
        "An input without a value",
        "The step takes this input from its config or from a previous step. Neither provides it.",
        About.PIPELINE,
        "Set the field to a file, a folder, an S3 URI or a parameter, or run the step after one that provides it.",
        Example("pipeline.yaml", "    pretrained_model_path: model/\n", "    pretrained_model_path: ''\n"),
    ),
    Rule(
        "STP204",
        "No S3 location",
        "Every step stores its code, inputs and outputs below `pipeline_s3_loc`.",
        About.PIPELINE,
        "Set `pipeline_s3_loc: s3://bucket/prefix`.",
        Example("pipeline.yaml", "pipeline_s3_loc: s3://my-bucket/example\n", ""),
    ),
    Rule(
        "STP205",
        "A Processing step without a script contract",
        "The contract says which paths, arguments and variables the script uses. Without it, the job cannot "
        "be described.",
        About.STEP,
        "Set `script_contract` in the step's specification.",
    ),
    Rule(
        "STP206",
        "Several instances that write the same object",
        "Each instance of the job would write the same S3 key, and the last one would win.",
        About.PIPELINE,
        "Remove `instance_count`, or set it to 1.",
        Example("pipeline.yaml", "    code: inference/\n", "    code: inference/\n    instance_count: 2\n"),
    ),
    Rule(
        "STP207",
        "A required environment variable that is not set",
        "The script's contract says that the script cannot run without this variable.",
        About.PIPELINE,
        "Set it in the step: `env: {NAME: value}`.",
    ),
    Rule(
        "STP208",
        "An environment value that is too long",
        "SageMaker accepts at most 256 characters per environment variable.",
        About.PIPELINE,
        "Shorten the value, or pass it to the script in a file.",
        Example("pipeline.yaml", "    code: inference/\n", f"    code: inference/\n    env: {{NOTE: {'x' * 257}}}\n"),
    ),
    Rule(
        "STP212",
        "An incomplete VPC configuration",
        "A job in a VPC needs both subnets and security groups.",
        About.PIPELINE,
        "Set both `subnets` and `security_group_ids`, or remove both.",
        Example("pipeline.yaml", "    code: inference/\n", "    code: inference/\n    subnets: [subnet-1]\n"),
    ),
    Rule(
        "STP213",
        "An invalid name for an environment variable",
        "SageMaker accepts letters, digits and underscores, and the first character may not be a digit.",
        About.PIPELINE,
        "Rename the variable, for example `MY_NOTE` instead of `MY-NOTE`.",
        Example("pipeline.yaml", "    code: inference/\n", "    code: inference/\n    env: {MY-NOTE: x}\n"),
    ),
)
