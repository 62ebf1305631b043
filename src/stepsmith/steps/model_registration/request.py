r"""The request of CreateModelPackage, with what a version says of where it came from: CustomerMetadataProperties.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html; and the shapes
CustomerMetadataMap, CustomerMetadataKey and CustomerMetadataValue in botocore's sagemaker/2017-07-24 service model; a
value is 1 to 256 characters of `\p{L}\p{Z}\p{N}_.:/=+-@`.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from stepsmith.build.request_table import Argument, Traced, request_of
from stepsmith.build.step_request import StepRequest
from stepsmith.container.archive.names import MODEL_NAME
from stepsmith.definition.references import Join, JsonGet, Reference
from stepsmith.sagemaker.limits import METADATA_VALUE_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepsmith.build.step_request import StepInputs
    from stepsmith.definition.references import Value
    from stepsmith.diagnostics.finding import Path
    from stepsmith.steps.model_registration.step import ModelRegistrationConfig

PACKAGED_MODEL = "PackagedModel"
PAYLOAD_SAMPLES = "GeneratedPayloadSamples"

_SPECIFICATION = "InferenceSpecification"
_CONTAINER: Path = (_SPECIFICATION, "Containers", 0)
# The arguments in their order, and the field or the input that each is made of.
_TABLE = (
    Argument(("ModelPackageGroupName",), "group"),
    Argument((*_CONTAINER, "Image"), "image_uri"),
    Argument((*_CONTAINER, "ModelDataUrl"), PACKAGED_MODEL),
    Argument((*_CONTAINER, "Environment"), "env"),
    Argument((*_CONTAINER, "Framework"), "framework"),
    Argument((*_CONTAINER, "NearestModelName"), "nearest_model_name"),
    Argument((_SPECIFICATION, "SupportedContentTypes"), "content_types"),
    Argument((_SPECIFICATION, "SupportedResponseMIMETypes"), "response_types"),
    Argument((_SPECIFICATION, "SupportedRealtimeInferenceInstanceTypes"), "instance_types"),
    Argument(("ModelApprovalStatus",), "approval_status"),
    Argument(("SamplePayloadUrl",), PAYLOAD_SAMPLES),
    Argument(("Domain",), "domain"),
    Argument(("Task",), "task"),
    Argument(("ModelMetrics", "ModelQuality", "Statistics"), "model_metrics"),
    Argument(("CustomerMetadataProperties",), "metadata"),
)
# What the step upstream leaves in the folder that it hands on.
PAYLOAD_NAME = "payload.tar.gz"

RESERVED = ("source_sha256", "package_sha256", "source")
_PUNCTUATION = "_.:/=+-@"
_ELLIPSIS = "..."


def register_model_request(config: ModelRegistrationConfig, inputs: StepInputs) -> StepRequest:
    """The request that registers the packaged model of `inputs` as `config` says."""
    model, payload = inputs.location(PACKAGED_MODEL), inputs.location(PAYLOAD_SAMPLES)
    packaging = inputs.step(PACKAGED_MODEL)
    provenance = packaging.provenance if packaging else {}
    statistics = {"ContentType": "application/json", "S3Uri": config.model_metrics}
    computed = {
        PACKAGED_MODEL: Traced(Join("/", [model, MODEL_NAME]), {(): (PACKAGED_MODEL,)}) if model else None,
        PAYLOAD_SAMPLES: Traced(Join("/", [payload, PAYLOAD_NAME]), {(): (PAYLOAD_SAMPLES,)}) if payload else None,
        "model_metrics": Traced(statistics, {("S3Uri",): ("model_metrics",)}) if config.model_metrics else None,
        "metadata": customer_metadata(provenance, config.metadata, literal_only=config.digests == "literal"),
    }
    request = request_of(_TABLE, config, computed)
    return StepRequest(request.arguments, origins=request.origins)


def customer_metadata(
    provenance: Mapping[str, Value], own: Mapping[str, Value], *, literal_only: bool
) -> dict[str, Value]:
    """The properties of a version: the digests whole, the source and the user's own in what the service admits.

    `literal_only` leaves out what is read from a property file.
    """
    known = {name: provenance[name] for name in RESERVED if name in provenance}
    properties: dict[str, Value] = {}
    for name, value in {**known, **own}.items():
        if isinstance(value, Reference):
            if not (literal_only and isinstance(value, JsonGet)):
                properties[name] = value
        elif admitted := admit(str(value)):
            properties[name] = admitted
    return properties


def admit(text: str) -> str:
    """`text` with each character that the service refuses replaced by `_`, its middle left out where it is too long.

    >>> admit("models/best (1)~.tgz")
    'models/best _1__.tgz'
    """
    # A letter and its accent are two characters, of which the service refuses the second, until they are composed.
    composed = unicodedata.normalize("NFC", text)
    clean = "".join(character if _is_allowed(character) else "_" for character in composed)
    if _length(clean) <= METADATA_VALUE_CHARACTERS:
        return clean
    half = (METADATA_VALUE_CHARACTERS - len(_ELLIPSIS)) // 2
    head, tail = clean[:half], clean[-half:]
    while _length(head) > half:
        head = head[:-1]
    while _length(tail) > half:
        tail = tail[1:]
    return head + _ELLIPSIS + tail


def allowed(text: str, limit: int) -> bool:
    """Whether the service takes `text` as it is, at most `limit` characters long."""
    return 1 <= _length(text) <= limit and all(_is_allowed(character) for character in text)


def _is_allowed(character: str) -> bool:
    return character in _PUNCTUATION or unicodedata.category(character)[0] in "LZN"


def _length(text: str) -> int:
    """The number of UTF-16 units, in which the service, written in Java, may count characters."""
    return len(text.encode("utf-16-le")) // 2
