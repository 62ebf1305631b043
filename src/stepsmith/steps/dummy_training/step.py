"""DummyTraining stands where a training step would: it proves that a pretrained model is whole and hands it on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from stepsmith.build.declaration import StepDeclaration
from stepsmith.build.processing import ProcessingStepBuilder, ResolvedInput
from stepsmith.build.staging import is_s3, require_path, require_s3_uri
from stepsmith.container.archive.limits import VARIABLES
from stepsmith.container.archive.names import MODEL_NAME
from stepsmith.definition.assets import Asset, AssetObject, RemoteSource
from stepsmith.definition.references import Reference, display_text
from stepsmith.diagnostics import ANY_KEY, About, ConfigError, Example, MissingFileError, Rule
from stepsmith.step.config import MAX_RUNTIME, MaxRuntime, ProcessingStepConfigBase
from stepsmith.step.contract import ScriptContract
from stepsmith.step.model_base import RuntimeValue, Text
from stepsmith.step.specification import DependencySpec, DependencyType, NodeType, OutputSpec, StepSpecification
from stepsmith.steps.dummy_training.model import model_asset_object

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from stepsmith.build.step_request import StepInputs
    from stepsmith.definition.references import Value

PRETRAINED_MODEL = "pretrained_model_path"
MODEL_OUTPUT = "model_output"
EXPECTED_DIGEST_VARIABLE = "EXPECTED_MODEL_SHA256"

DUMMY_TRAINING_CONTRACT = ScriptContract(
    entry_point="dummy_training.py",
    expected_input_paths={PRETRAINED_MODEL: "/opt/ml/processing/input/model/model.tar.gz"},
    expected_output_paths={MODEL_OUTPUT: "/opt/ml/processing/output/model"},
    expected_arguments={"pretrained-model-path": PRETRAINED_MODEL, "output-dir": MODEL_OUTPUT},
    optional_env_vars={
        EXPECTED_DIGEST_VARIABLE: "the model's SHA-256, where it is known; any other is refused",
        **VARIABLES,
    },
    description="Verifies a pretrained model.tar.gz to its last byte and puts it where a training step would.",
)


DUMMY_TRAINING_SPEC = StepSpecification(
    step_type="DummyTraining",
    node_type=NodeType.INTERNAL,
    script_contract=DUMMY_TRAINING_CONTRACT,
    dependencies=(
        DependencySpec(
            logical_name=PRETRAINED_MODEL,
            dependency_type=DependencyType.PROCESSING_INPUT,
            required=True,
            compatible_sources=("ProcessingStep", "LocalFile"),
            semantic_keywords=("model", "pretrained", "artifact"),
            description="A pretrained model.tar.gz, from another step or from the config.",
        ),
    ),
    outputs=(
        OutputSpec(
            logical_name=MODEL_OUTPUT,
            aliases=("ModelOutputPath", "ModelArtifacts", "model_data", "output_path", "model_input"),
            description="The folder that holds the verified model.tar.gz.",
        ),
    ),
)


_DIGEST = re.compile(r"[0-9a-f]{64}")


class DummyTrainingConfig(ProcessingStepConfigBase):
    """Where the pretrained model is: an archive, a folder, an S3 URI of an object, or a reference.

    It may be left out where another step provides the model. `sha256` is the digest that the model must have.
    `compress` deflates the archive of a folder, on this machine's terms; without it the archive's bytes depend on
    nothing but the files.
    """

    pretrained_model_path: Text | Path | None = Field(
        default=None,
        description="The model: an archive, a folder, or the S3 URI of an object; else from a step upstream.",
        examples=["models/model.tar.gz"],
    )
    sha256: str | None = Field(
        default=None, description="The digest that the model must have; state it beside an S3 source."
    )
    compress: bool = Field(
        default=False,
        description="Whether the archive of a folder is deflated; its bytes then depend on this machine's zlib.",
    )
    max_runtime_seconds: MaxRuntime | RuntimeValue = Field(default=1200, description=MAX_RUNTIME)

    @field_validator("sha256")
    @classmethod
    def _is_a_digest(cls, value: str | None) -> str | None:
        if value is not None and not _DIGEST.fullmatch(value):
            raise ValueError(f"{value!r} is no SHA-256; write its 64 hexadecimal digits in lower case, in quotes")
        return value

    @classmethod
    def get_script_contract(cls) -> ScriptContract:
        """The contract of the step's script."""
        return DUMMY_TRAINING_CONTRACT


class DummyTrainingStepBuilder(ProcessingStepBuilder[DummyTrainingConfig]):
    """Makes the step that takes a pretrained model. A local model is verified here, before anything runs."""

    specification = DUMMY_TRAINING_SPEC
    config_class = DummyTrainingConfig
    single_instance = True

    def validate_inputs(self, provided: Collection[str]) -> None:
        """Checks that a model is named, and that it is there.

        Raises: ConfigError when no path is set and no step provides one; MissingFileError when nothing is there.
        """
        path = self.config.pretrained_model_path
        if PRETRAINED_MODEL in provided or isinstance(path, Reference):
            return
        if path is None or not str(path).strip():
            raise ConfigError(
                "STP202",
                "no pretrained model is named, and no step provides one",
                where=PRETRAINED_MODEL,
                requires=[(ANY_KEY,)],
                fix=f"set {PRETRAINED_MODEL} to a model.tar.gz, a folder, an S3 URI or a reference",
            )
        try:
            if is_s3(path):
                require_s3_uri(str(path), key_needed=True)
            else:
                require_path(self.base_dir / path, str(path))
        except (ConfigError, MissingFileError) as error:
            raise error.inside(PRETRAINED_MODEL) from None

    def provided(self, inputs: StepInputs, port: str, location: Value) -> ResolvedInput:
        """The model of another step, with what is known of it; it must have the digest that the config names."""
        digest = self.config.sha256
        environment = {EXPECTED_DIGEST_VARIABLE: digest} if digest else {}
        known = {"source_sha256": digest, "package_sha256": digest} if digest else {}
        step = inputs.step(port)
        upstream = {"source": str(inputs.sources[port]), **(step.provenance if step else {})}
        return ResolvedInput(location, environment=environment, provenance={**upstream, **known})

    def stage(self, port: str, value: Any) -> ResolvedInput:
        """The model as an input; its digest goes with it where it is known."""
        digest = self.config.sha256
        if isinstance(value, Reference) or is_s3(value):
            s3_uri = super().stage(port, value).s3_uri
            if digest is None or isinstance(value, Reference):
                return self._staged_model(s3_uri, None, digest)
            item = AssetObject(MODEL_NAME, digest, None, RemoteSource(str(value)))
        else:
            item = model_asset_object(
                self.base_dir / value, self.config.env, self.digests, compress=self.config.compress
            )
        if digest not in (None, item.digest):
            message = f"the model's SHA-256 is {item.digest}, and sha256 says {digest}"
            raise ConfigError(
                "STP240", message, where="sha256", fix="correct sha256, or give the model that it belongs to"
            )
        asset = Asset(f"{self.location}/input/{item.digest}/", item.digest, (item,))
        return self._staged_model(asset.uri, asset, item.digest)

    def provenance(self, inputs: StepInputs, staged: Mapping[str, ResolvedInput]) -> Mapping[str, Value]:  # noqa: ARG002 - the base's signature
        """Where the model came from, and its digest where it is known: the step hands on the very bytes."""
        return staged[PRETRAINED_MODEL].provenance

    def _staged_model(self, s3_uri: Value, asset: Asset | None, digest: str | None) -> ResolvedInput:
        # Of what only an execution knows, the reference that reads it: the value itself may hold what the registry
        # refuses, and nothing in a definition can replace that.
        source = display_text(self.config.pretrained_model_path)
        if digest is None:
            return ResolvedInput(s3_uri, asset, provenance={"source": source})
        known = {"source": source, "source_sha256": digest, "package_sha256": digest}
        return ResolvedInput(s3_uri, asset, {EXPECTED_DIGEST_VARIABLE: digest}, known)


# The name under which a registry knows the builder.
DummyTrainingStep = DummyTrainingStepBuilder

STEP = StepDeclaration(
    specification=DUMMY_TRAINING_SPEC,
    config_class=DummyTrainingConfig,
    builder_class=DummyTrainingStepBuilder,
    description="Takes a pretrained model.tar.gz, proves that it is whole, and hands it to packaging and registration.",
)


RULES = (
    Rule(
        "STP240",
        "A model with a different digest",
        "`sha256` pins the model that you reviewed. The file has other contents, so it is not used.",
        About.PIPELINE,
        "Use the model that the digest belongs to, or update `sha256` if the change is intended.",
        Example(
            "pipeline.yaml",
            "    pretrained_model_path: model/\n",
            "    pretrained_model_path: model/\n    sha256: "
            "'0000000000000000000000000000000000000000000000000000000000000000'\n",
        ),
    ),
)
