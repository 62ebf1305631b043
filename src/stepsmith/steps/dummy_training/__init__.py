"""DummyTraining stands where a training step would: it proves that a pretrained model is whole and hands it on."""

from stepsmith.build.declaration import StepDeclaration
from stepsmith.steps.dummy_training.builder import DummyTrainingStepBuilder
from stepsmith.steps.dummy_training.config import DummyTrainingConfig
from stepsmith.steps.dummy_training.specification import DUMMY_TRAINING_SPEC

STEP = StepDeclaration(
    specification=DUMMY_TRAINING_SPEC,
    config_class=DummyTrainingConfig,
    builder_class=DummyTrainingStepBuilder,
    description="Takes a pretrained model.tar.gz, proves that it is whole, and hands it to packaging and registration.",
)
