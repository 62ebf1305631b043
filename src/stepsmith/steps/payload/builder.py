"""Nothing is special about Payload but that one instance writes its key."""

from __future__ import annotations

from stepsmith.build.processing import ProcessingStepBuilder
from stepsmith.steps.payload.config import PayloadConfig
from stepsmith.steps.payload.specification import PAYLOAD_SPEC


class PayloadStepBuilder(ProcessingStepBuilder):
    """Makes the step that writes sample requests."""

    specification = PAYLOAD_SPEC
    config_class = PayloadConfig
    single_instance = True
