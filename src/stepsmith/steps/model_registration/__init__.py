"""ModelRegistration registers a packaged model as a version in a model package group."""

from stepsmith.build.declaration import StepDeclaration
from stepsmith.steps.model_registration.builder import ModelRegistrationStepBuilder
from stepsmith.steps.model_registration.config import ModelRegistrationConfig
from stepsmith.steps.model_registration.specification import MODEL_REGISTRATION_SPEC

STEP = StepDeclaration(
    specification=MODEL_REGISTRATION_SPEC,
    config_class=ModelRegistrationConfig,
    builder_class=ModelRegistrationStepBuilder,
    description="Registers the packaged model in a model package group, with its digests and its sample payload.",
)
