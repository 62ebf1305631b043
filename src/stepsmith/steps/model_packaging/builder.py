"""What is special about ModelPackaging: the entry point must be in the code, the digests go into a property file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from stepsmith.build.processing import ProcessingStepBuilder, ResolvedInput
from stepsmith.definition.model import PropertyFile
from stepsmith.definition.references import JsonGet
from stepsmith.diagnostics import About, ConfigError, Example, Rule, suggest_names
from stepsmith.steps.model_packaging.config import ModelPackagingConfig
from stepsmith.steps.model_packaging.contract import (
    INFERENCE_CODE,
    MODEL_INPUT,
    PACKAGE_FILE,
    PACKAGED_MODEL,
)
from stepsmith.steps.model_packaging.specification import MODEL_PACKAGING_SPEC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.build.step_request import StepInputs
    from stepsmith.definition.references import Value

PACKAGE_PROPERTY_FILE = PropertyFile("Package", PACKAGED_MODEL, PACKAGE_FILE)


class ModelPackagingStepBuilder(ProcessingStepBuilder):
    """Makes the step that adds inference code to a model."""

    specification = MODEL_PACKAGING_SPEC
    config_class = ModelPackagingConfig
    single_instance = True
    fields_of_ports: ClassVar[Mapping[str, str]] = {INFERENCE_CODE: "code"}
    property_files = (PACKAGE_PROPERTY_FILE,)

    def stage(self, port: str, written: Any) -> ResolvedInput:
        """The inference code as an input.

        Raises: ConfigError when the code is here and the entry point is not in it.
        """
        staged = super().stage(port, written)
        names = [item.name for item in staged.asset.objects] if staged.asset else [self.config.entry_point]
        if self.config.entry_point not in names:
            what = f"the entry point {self.config.entry_point!r} is not in the code {str(written)!r}"
            raise ConfigError(
                "STP250", what, fix=f"add it, or set entry_point; {suggest_names(self.config.entry_point, names)}"
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
