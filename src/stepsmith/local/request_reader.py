"""The requests that steps become, read from JSON that another tool may have written.

Raises: DefinitionError, in every reader, with the place of what is not as the service has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepsmith.definition.json_reader import JsonReader
from stepsmith.diagnostics import About, DefinitionError, Rule, RunError
from stepsmith.local.reference_values import as_text
from stepsmith.sagemaker.identifiers import VARIABLE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stepsmith.diagnostics.finding import Path

PROCESSING_ROOT = "/opt/ml/processing/"
# Source: StoppingCondition of CreateProcessingJob, in botocore's sagemaker/2017-07-24 service model.
DEFAULT_RUNTIME_SECONDS = 86400
# The members of CreateModelPackage that point to an object.
_POINTERS = ("ModelDataUrl", "SamplePayloadUrl", "S3Uri")
# The members whose keys are names that a user gave to text of their own.
_OF_THE_USER = ("CustomerMetadataProperties", "Environment")


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a job: its name, its place on S3 and its folder in the container."""

    name: str
    s3_uri: str
    folder: str


@dataclass(frozen=True, slots=True)
class ProcessingRequest:
    """What of a CreateProcessingJob request is done on this machine; `code_inputs` bring what its entrypoint names."""

    command: Sequence[str]
    code_inputs: frozenset[str]
    environment: Mapping[str, str]
    inputs: Sequence[Port]
    outputs: Sequence[Port]
    max_runtime_seconds: int


def processing_request(arguments: Mapping[str, Any]) -> ProcessingRequest:
    """The request of CreateProcessingJob's shape that `arguments` say, their references resolved.

    Raises: RunError when it is whole, and asks for what this machine does not do.
    """
    request = JsonReader.of(arguments, ("Arguments",))
    stopping = request.fields("StoppingCondition", {})
    outputs = [
        _port(one, "OutputName", one.fields("S3Output"))
        for one in request.fields("ProcessingOutputConfig", {}).each("Outputs", [])
    ]
    _refuse_nested(outputs)
    application = request.fields("AppSpecification")
    inputs = [_input(one) for one in request.each("ProcessingInputs", [])]
    return ProcessingRequest(
        _command(application),
        frozenset(_code_inputs(application, inputs)),
        dict(_environment(request.fields("Environment", {}))),
        inputs,
        outputs,
        stopping.whole("MaxRuntimeInSeconds", DEFAULT_RUNTIME_SECONDS),
    )


def pointers(arguments: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Each member of a CreateModelPackage request that points to S3: member, URI, and whether a folder will do."""
    request = JsonReader.of(arguments, ("Arguments",))
    for container in request.fields("InferenceSpecification", {}).each("Containers", []):
        container.text("ModelDataUrl", "")
    return list(_pointers(arguments, request.path))


def _command(application: JsonReader) -> list[str]:
    entrypoint = application.items("ContainerEntrypoint", [])
    command = [*entrypoint, *application.items("ContainerArguments", [])]
    if not entrypoint:
        message = "the step has no ContainerEntrypoint; its image is not run on this machine"
        raise RunError("RUN040", message, where=application.path, fix="name the command in ContainerEntrypoint")
    for part in command:
        if isinstance(part, dict | list) or part is None or "\0" in str(part):
            message = f"a part of the command is no text: {part!r}"
            raise DefinitionError("DEF022", message, where=application.path)
    return [as_text(part) for part in command]


def _code_inputs(application: JsonReader, inputs: Sequence[Port]) -> Iterator[str]:
    parts = [str(part) for part in application.items("ContainerEntrypoint", [])]
    for one in inputs:
        if any(part.startswith(f"{one.folder.rstrip('/')}/") for part in parts):
            yield one.name


def _environment(variables: JsonReader) -> Iterator[tuple[str, str]]:
    for name, value in variables.value.items():
        if not VARIABLE_NAME.fullmatch(name) or isinstance(value, dict | list) or value is None or "\0" in str(value):
            message = f"{name!r} with the value {value!r} is no environment variable"
            raise DefinitionError("DEF022", message, where=variables.at(name))
        yield name, as_text(value)


def _input(raw: JsonReader) -> Port:
    name = raw.text("InputName")
    source = raw.fields("S3Input") if "S3Input" in raw.value else None
    if (
        source is None
        or source.text("S3DataType", "S3Prefix") != "S3Prefix"
        or source.text("S3InputMode", "") == "Pipe"
    ):
        message = f"the input {name!r} is no S3Prefix in File mode, which alone is brought on this machine"
        raise RunError("RUN041", message, where=raw.path)
    return _port(raw, "InputName", source)


def _refuse_nested(outputs: Sequence[Port]) -> None:
    for index, one in enumerate(outputs):
        for other in outputs[:index]:
            folders = [f"{port.folder.rstrip('/')}/" for port in (one, other)]
            if folders[0].startswith(folders[1]) or folders[1].startswith(folders[0]):
                message = f"the outputs {other.name!r} and {one.name!r} share a folder: {other.folder}, {one.folder}"
                raise RunError(
                    "RUN049", message, where=("Arguments", "ProcessingOutputConfig"), fix="give each its own folder"
                )


def _port(raw: JsonReader, name: str, s3_reader: JsonReader) -> Port:
    folder = s3_reader.text("LocalPath")
    if not folder.startswith(PROCESSING_ROOT) or ".." in folder.split("/") or "\0" in folder:
        message = f"the path {folder!r} is not below {PROCESSING_ROOT}, which alone a sandbox has"
        raise RunError("RUN047", message, where=s3_reader.at("LocalPath"))
    return Port(raw.text(name), s3_reader.text("S3Uri"), folder)


def _pointers(value: Any, path: Path) -> Iterator[tuple[str, str, bool]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _pointers(item, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in _OF_THE_USER:
                continue
            if key in _POINTERS:
                yield key, JsonReader(value, path).text(key), value.get("S3DataType") == "S3Prefix"
            else:
                yield from _pointers(item, (*path, key))


RULES = (
    Rule(
        "RUN040",
        "A step without a command",
        "A local run starts the command of the step directly and does not start its image, so it does not "
        "know the image's default command.",
        About.RUN,
        "Set `ContainerEntrypoint` in the step's `AppSpecification`.",
    ),
    Rule(
        "RUN041",
        "An input mode that a local run does not support",
        "A local run copies inputs of type S3Prefix in File mode. It has no data source such as Athena and "
        "does not stream (Pipe mode).",
        About.RUN,
        "Use S3Prefix and File mode, or deploy the pipeline.",
    ),
    Rule(
        "RUN047",
        "A path outside /opt/ml/processing",
        "The sandbox of a local run provides only /opt/ml/processing, where SageMaker mounts inputs and outputs.",
        About.RUN,
        "Set `LocalPath` to a folder below /opt/ml/processing.",
    ),
    Rule(
        "RUN049",
        "Outputs that share a folder",
        "If one output's folder contains another's, the files of both mix.",
        About.RUN,
        "Give each output its own folder.",
    ),
)
