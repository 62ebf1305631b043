"""A Payload that one package would put in the place of Stepsmith's."""

from stepsmith import PAYLOAD_SPEC, PayloadConfig, PayloadStepBuilder, StepDeclaration

STEP = StepDeclaration(
    specification=PAYLOAD_SPEC,
    config_class=PayloadConfig,
    builder_class=PayloadStepBuilder,
    description="Makes sample requests, as another package would have them made.",
)
