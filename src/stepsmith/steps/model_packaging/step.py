"""ModelPackaging adds inference code to a model and proves that the package holds both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from stepsmith.build.declaration import StepDeclaration
from stepsmith.build.processing import ProcessingStepBuilder, ResolvedInput
from stepsmith.container.archive.limits import VARIABLES
from stepsmith.definition.model import PropertyFile
from stepsmith.definition.references import JsonGet
from stepsmith.diagnostics import About, ConfigError, Example, Rule, suggest_names
from stepsmith.step.config import ProcessingStepConfigBase
from stepsmith.step.contract import ScriptContract
from stepsmith.step.model_base import Text
from stepsmith.step.specification import DependencySpec, NodeType, OutputSpec, StepSpecification

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.build.step_request import StepInputs
    from stepsmith.definition.references import Value

MODEL_INPUT = "model_input"
INFERENCE_CODE = "inference_code"
PACKAGED_MODEL = "packaged_model"
# What the script records of its work; later steps read it by JsonGet.
PACKAGE_FILE = "package.json"

MODEL_PACKAGING_CONTRACT = ScriptContract(
    entry_point="model_packaging.py",
    expected_input_paths={
        MODEL_INPUT: "/opt/ml/processing/input/model/model.tar.gz",
        INFERENCE_CODE: "/opt/ml/processing/input/inference_code",
    },
    expected_output_paths={PACKAGED_MODEL: "/opt/ml/processing/output/packaged_model"},
    expected_arguments={
        "model-path": MODEL_INPUT,
        "code-dir": INFERENCE_CODE,
        "entry-point": "entry_point",
        "output-dir": PACKAGED_MODEL,
    },
    optional_env_vars=VARIABLES,
    description="Adds inference code under code/ to a model.tar.gz and records both digests in package.json.",
)


MODEL_PACKAGING_SPEC = StepSpecification(
    step_type="ModelPackaging",
    node_type=NodeType.INTERNAL,
    script_contract=MODEL_PACKAGING_CONTRACT,
    dependencies=(
        DependencySpec(
            logical_name=MODEL_INPUT,
            compatible_sources=("ProcessingStep", "TrainingStep"),
            semantic_keywords=("model", "artifact"),
            description="A model.tar.gz, or the folder that holds it.",
        ),
    ),
    outputs=(
        OutputSpec(
            logical_name=PACKAGED_MODEL,
            aliases=("PackagedModel",),
            description="The folder that holds the packaged model.tar.gz, and package.json beside it.",
        ),
    ),
)


class ModelPackagingConfig(ProcessingStepConfigBase):
    """The inference code (a folder, a file, an S3 URI or a reference), and the script that serving starts with."""

    code: Text | Path = Field(
        description="The inference code: a folder, a file or an S3 URI; it is put under code/.", examples=["inference/"]
    )
    entry_point: str = Field(
        default="inference.py", min_length=1, description="The file in the code that serving starts with."
    )

    @classmethod
    def get_script_contract(cls) -> ScriptContract:
        """The contract of the step's script."""
        return MODEL_PACKAGING_CONTRACT


PACKAGE_PROPERTY_FILE = PropertyFile("Package", PACKAGED_MODEL, PACKAGE_FILE)


class ModelPackagingStepBuilder(ProcessingStepBuilder[ModelPackagingConfig]):
    """Makes the step that adds inference code to a model."""

    specification = MODEL_PACKAGING_SPEC
    config_class = ModelPackagingConfig
    single_instance = True
    fields_of_ports: ClassVar[Mapping[str, str]] = {INFERENCE_CODE: "code"}
    property_files = (PACKAGE_PROPERTY_FILE,)

    def stage(self, port: str, value: Any) -> ResolvedInput:
        """The inference code as an input.

        Raises: ConfigError when the code is here and the entry point is not in it.
        """
        staged = super().stage(port, value)
        names = [item.name for item in staged.asset.objects] if staged.asset else [self.config.entry_point]
        if self.config.entry_point not in names:
            message = f"the entry point {self.config.entry_point!r} is not in the code {str(value)!r}"
            raise ConfigError(
                "STP250", message, fix=f"add it, or set entry_point; {suggest_names(self.config.entry_point, names)}"
            )
        return staged

    def provenance(self, inputs: StepInputs, staged: Mapping[str, ResolvedInput]) -> Mapping[str, Value]:  # noqa: ARG002 - the base's signature
        """What is known of the model that went in, and for the rest where the script records it."""
        model = inputs.step(MODEL_INPUT)
        recorded = {name: self._recorded(inputs.step_name, name) for name in ("source_sha256", "package_sha256")}
        known = dict(model.provenance) if model else {}
        return {**recorded, **known, "package_sha256": recorded["package_sha256"]}

    def _recorded(self, step_name: str, name: str) -> JsonGet:
        return JsonGet(step_name, PACKAGE_PROPERTY_FILE.name, name)


STEP = StepDeclaration(
    specification=MODEL_PACKAGING_SPEC,
    config_class=ModelPackagingConfig,
    builder_class=ModelPackagingStepBuilder,
    description="Adds inference code under code/ to a model.tar.gz, and proves that the package holds both.",
)


RULES = (
    Rule(
        "STP250",
        "Inference code without its entry point",
        "The serving container starts with the entry point. Without it, the endpoint fails.",
        About.PIPELINE,
        "Add the file to the code folder, or set `entry_point` to a file that is in it.",
        Example("pipeline.yaml", "    code: inference/\n", "    code: inference/\n    entry_point: serve.py\n"),
    ),
)
