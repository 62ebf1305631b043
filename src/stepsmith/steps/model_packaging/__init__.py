"""ModelPackaging adds inference code to a model and proves that the package holds both."""

from stepsmith.build.declaration import StepDeclaration
from stepsmith.steps.model_packaging.builder import ModelPackagingStepBuilder
from stepsmith.steps.model_packaging.config import ModelPackagingConfig
from stepsmith.steps.model_packaging.specification import MODEL_PACKAGING_SPEC

STEP = StepDeclaration(
    specification=MODEL_PACKAGING_SPEC,
    config_class=ModelPackagingConfig,
    builder_class=ModelPackagingStepBuilder,
    description="Adds inference code under code/ to a model.tar.gz, and proves that the package holds both.",
)
